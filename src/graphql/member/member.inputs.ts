import { Field, ID, InputType } from 'type-graphql'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'

@InputType({ description: 'Invitees, and what they are invited to.' })
export class InviteMembersInput {
  @Field(() => String, { description: 'Name of the organization.' })
  organization!: string

  @Field(() => [String], { description: 'Usernames and e-mail addresses, 1 to 50 of them.' })
  invitees!: string[]

  @Field(() => OrganizationRoleEnum, {
    defaultValue: 'MEMBER',
    description:
      'Role that invitees get by accepting. Only owners of the organization and of its company can choose OWNER.',
  })
  role!: OrganizationRole

  @Field(() => ID, {
    nullable: true,
    description:
      'Id of a group of the organization that invitees join by accepting. Null means no group. An organization ' +
      'token also needs GROUP_EDIT for it.',
  })
  group?: string | null
}

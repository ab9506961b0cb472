import { Field, ID, InputType } from 'type-graphql'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'

@InputType({ description: 'Whom to invite, and into what.' })
export class InviteMembersInput {
  @Field(() => String, { description: "The organization's name." })
  organization!: string

  @Field(() => [String], { description: 'Usernames and e-mail addresses, 1 to 50.' })
  invitees!: string[]

  @Field(() => OrganizationRoleEnum, {
    defaultValue: 'MEMBER',
    description: 'The role that they get by accepting. Only people who own the organization or its company give OWNER.',
  })
  role!: OrganizationRole

  @Field(() => ID, {
    nullable: true,
    description:
      'A group of the organization that they join by accepting; null: none. Takes GROUP_EDIT of a token, too.',
  })
  group?: string | null
}

import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { GroupRow } from '../../domain/group/group-store.ts'
import type { InviteRow } from '../../domain/member/invite-store.ts'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'
import { Organization } from '../account/organization.types.ts'
import { User } from '../account/user.types.ts'
import { connectionType } from '../connection.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { Group } from '../group/group.types.ts'
import { Node } from '../node.ts'

@ObjectType({
  implements: Node,
  description: 'Open invite to an organization. It expires 14 days after it was last sent.',
  simpleResolvers: true,
})
export class Invite extends Node {
  @Field(() => String, { description: 'Username or e-mail address of the invitee.' })
  invitee!: string

  @Field(() => String, { description: 'Name of the organization, which the invitee may not be able to see yet.' })
  organizationName!: string

  @Field(() => OrganizationRoleEnum, { description: 'Role that the invitee gets by accepting.' })
  role!: OrganizationRole

  @Field(() => DateTime, { description: 'Time when it was first sent.' })
  createdAt!: string

  @Field(() => DateTime, { description: 'Time when the invite expires. Inviting the person again extends it.' })
  expiresAt!: string
}

@Resolver(() => Invite)
export class InviteFields {
  @FieldResolver(() => Organization, {
    nullable: true,
    description: 'Organization of the invite. Null if the caller cannot see it, as before accepting.',
  })
  organization(@Root() { organizationId }: InviteRow, @Ctx() { loaders }: Context): Promise<OrganizationRow | null> {
    return loaders.organizationById.load(organizationId)
  }

  @FieldResolver(() => Group, {
    nullable: true,
    description: 'Group that the invitee joins by accepting. Null means no group.',
  })
  group(@Root() { groupId }: InviteRow, @Ctx() { loaders }: Context): Promise<GroupRow | null> | null {
    return groupId === null ? null : loaders.groupById.load(groupId)
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Person who last sent it. Null if an access token did, and after the account is deleted.',
  })
  invitedBy(@Root() { invitedById }: InviteRow, @Ctx() { loaders }: Context): Promise<UserRow | null> | null {
    return invitedById === null ? null : loaders.userById.load(invitedById)
  }
}

export const InviteConnection = connectionType<Invite>('Invite', () => Invite, 'invites')

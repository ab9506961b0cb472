import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { GroupRow } from '../../domain/group/group-store.ts'
import type { InviteRow } from '../../domain/member/invite-store.ts'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'
import { User } from '../account/user.types.ts'
import { connectionType } from '../connection.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'
import { Group } from '../group/group.types.ts'
import { Node } from '../node.ts'

@ObjectType({
  implements: Node,
  description: 'An open invite into an organization. Fourteen days after it was given last, it is gone.',
  simpleResolvers: true,
})
export class Invite extends Node {
  @Field(() => String, { description: 'Whom it is for: a username, or an e-mail address.' })
  invitee!: string

  @Field(() => String, { description: 'The organization that it leads into, which the invitee may not know yet.' })
  organizationName!: string

  @Field(() => OrganizationRoleEnum, { description: 'The role that the invitee gets by accepting.' })
  role!: OrganizationRole

  @Field(() => DateTime, { description: 'When it was given first.' })
  createdAt!: string

  @Field(() => DateTime, { description: 'Until when it can be accepted; inviting again moves it.' })
  expiresAt!: string
}

@Resolver(() => Invite)
export class InviteFields {
  @FieldResolver(() => Group, {
    nullable: true,
    description: 'The group that the invitee joins by accepting; null: none.',
  })
  group(@Root() { groupId }: InviteRow, @Ctx() { loaders }: Context): Promise<GroupRow | null> | null {
    return groupId === null ? null : loaders.groupById.load(groupId)
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who gave it last; null for an access token, and once that account is gone.',
  })
  invitedBy(@Root() { invitedById }: InviteRow, @Ctx() { loaders }: Context): Promise<UserRow | null> | null {
    return invitedById === null ? null : loaders.userById.load(invitedById)
  }
}

export const InviteConnection = connectionType<Invite>('Invite', () => Invite, 'invites')

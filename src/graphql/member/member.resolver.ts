import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Field, ID, Info, Mutation, ObjectType, Resolver } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { ChangedMember } from '../../domain/member/accept-invite.ts'
import { changeMemberRole } from '../../domain/member/change-member-role.ts'
import { removeMember } from '../../domain/member/remove-member.ts'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { withRole } from '../../domain/policy/principal.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'
import { Organization } from '../account/organization.types.ts'
import { User } from '../account/user.types.ts'
import { type Context, continueAs } from '../context.ts'
import { toDeleted } from '../delete-payload.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { Membership, type MembershipNode, toMembership } from './membership.types.ts'

@ObjectType({
  description: 'Result of joining an organization or changing a role.',
  simpleResolvers: true,
})
export class MembershipPayload {
  @Field(() => Membership, { nullable: true, description: 'The membership. Null if there are `userErrors`.' })
  membership!: MembershipNode | null

  @Field(() => Organization, { nullable: true, description: 'The organization. Null if there are `userErrors`.' })
  organization!: OrganizationRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'Result of removing a member or leaving an organization.', simpleResolvers: true })
export class RemoveMemberPayload {
  @Field(() => ID, { nullable: true, description: 'Id of the former membership. Null if there are `userErrors`.' })
  deletedId!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Type of the former membership, with which caches store it. Null if there are `userErrors`.',
  })
  deletedTypename!: string | null

  @Field(() => Organization, {
    nullable: true,
    description:
      'The organization, with its new counts. Null if the caller cannot see it any more, and if there are ' +
      '`userErrors`.',
  })
  organization!: OrganizationRow | null

  @Field(() => User, { nullable: true, description: 'The former member. Null if there are `userErrors`.' })
  user!: UserRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const organizationArgument = { description: 'Name of the organization.' }
const usernameArgument = { description: 'Username of the member.' }

/** Continues the request with the new role of the caller, if the caller changed their own membership. */
function continueWith(context: Context, { organization, member }: ChangedMember, role: OrganizationRole | null): void {
  const { principal } = context
  if (principal.kind === 'SESSION' && principal.user.id === member.userId)
    continueAs(context, withRole(principal, organization, role))
}

@Resolver()
export class MemberMutations {
  @Mutation(() => MembershipPayload, {
    description:
      'Changes the role of a member. Only for owners of the organization and of its company; for organization ' +
      'tokens with MEMBER_EDIT, except to or from OWNER; and for members who lower their own role. The last owner ' +
      'stays an owner.',
  })
  changeMemberRole(
    @Ctx() context: Context,
    @Arg('organization', () => String, organizationArgument) organization: string,
    @Arg('username', () => String, usernameArgument) username: string,
    @Arg('role', () => OrganizationRoleEnum, { description: 'New role.' }) role: OrganizationRole,
  ) {
    return toPayload(context, async () => {
      const changed = await changeMemberRole(context, organization, username, role)
      continueWith(context, changed, changed.member.role)
      return { membership: toMembership(changed.organization.id, changed.member), organization: changed.organization }
    })
  }

  @Mutation(() => RemoveMemberPayload, {
    description:
      'Removes a member from an organization and its groups. Organization tokens that they generated stay. Only ' +
      'for owners of the organization and of its company; for organization tokens with MEMBER_EDIT, except for ' +
      'owners; and for members who leave. The last owner cannot leave.',
  })
  removeMember(
    @Ctx() context: Context,
    @Arg('organization', () => String, organizationArgument) organization: string,
    @Arg('username', () => String, usernameArgument) username: string,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const removed = await removeMember(context, organization, username)
      continueWith(context, removed, null)
      const { id } = toMembership(removed.organization.id, removed.member)
      const deleted = await toDeleted(context, info, 'Membership', id, removed.organization.id)
      return { ...deleted, user: await context.loaders.userById.load(removed.member.userId) }
    })
  }
}

import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql'
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
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { Membership, type MembershipNode } from './membership.types.ts'

@ObjectType({
  description: 'A person who belongs to an organization now, or with another role.',
  simpleResolvers: true,
})
export class MembershipPayload {
  @Field(() => Membership, { nullable: true, description: 'The membership; null when `userErrors` is not empty.' })
  membership!: MembershipNode | null

  @Field(() => Organization, { nullable: true, description: 'The organization; null when `userErrors` is not empty.' })
  organization!: OrganizationRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A person who was taken out of an organization, or left it.', simpleResolvers: true })
export class RemoveMemberPayload {
  @Field(() => User, { nullable: true, description: 'The person; null when `userErrors` is not empty.' })
  user!: UserRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const organizationArgument = { description: "The organization's name." }
const usernameArgument = { description: "The member's username." }

/** Lets the rest of the request see the caller as what they have made of themself. */
function continueWith(context: Context, { organization, member }: ChangedMember, role: OrganizationRole | null): void {
  const { principal } = context
  if (principal.kind === 'SESSION' && principal.user.id === member.userId)
    continueAs(context, withRole(principal, organization, role))
}

@Resolver()
export class MemberMutations {
  @Mutation(() => MembershipPayload, {
    description:
      'Gives a member another role. For owners of the organization and of its company, and, but for owners, tokens with MEMBER_EDIT; everybody may step down themself. The last owner stays one.',
  })
  changeMemberRole(
    @Ctx() context: Context,
    @Arg('organization', () => String, organizationArgument) organization: string,
    @Arg('username', () => String, usernameArgument) username: string,
    @Arg('role', () => OrganizationRoleEnum, { description: 'The role from now on.' }) role: OrganizationRole,
  ) {
    return toPayload(context, async () => {
      const changed = await changeMemberRole(context, organization, username, role)
      continueWith(context, changed, changed.member.role)
      return { membership: changed.member, organization: changed.organization }
    })
  }

  @Mutation(() => RemoveMemberPayload, {
    description:
      'Takes a member out of an organization and its groups; the tokens of the organization that they generated stay. For owners of the organization and of its company, and, but for owners, tokens with MEMBER_EDIT; everybody may leave. The last owner stays.',
  })
  removeMember(
    @Ctx() context: Context,
    @Arg('organization', () => String, organizationArgument) organization: string,
    @Arg('username', () => String, usernameArgument) username: string,
  ) {
    return toPayload(context, async () => {
      const removed = await removeMember(context, organization, username)
      continueWith(context, removed, null)
      return { user: await context.loaders.userById.load(removed.member.userId) }
    })
  }
}

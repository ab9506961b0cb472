import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Field, ID, Info, Mutation, ObjectType, Resolver } from 'type-graphql'
import { acceptInvite } from '../../domain/member/accept-invite.ts'
import { cancelInvite } from '../../domain/member/cancel-invite.ts'
import { inviteMembers } from '../../domain/member/invite-members.ts'
import type { InviteRow } from '../../domain/member/invite-store.ts'
import { withRole } from '../../domain/policy/principal.ts'
import { requirePerson } from '../../domain/policy/require.ts'
import { type Context, continueAs } from '../context.ts'
import { deletePayloadType, toDeleted } from '../delete-payload.ts'
import { toPayload, UserError, UserErrorsField } from '../user-error.ts'
import { Invite } from './invite.types.ts'
import { InviteMembersInput } from './member.inputs.ts'
import { MembershipPayload } from './member.resolver.ts'
import { toMembership } from './membership.types.ts'

@ObjectType({ description: 'Result for one invitee.', simpleResolvers: true })
export class InviteResult {
  @Field(() => String, { description: 'Username or e-mail address, as in the input.' })
  invitee!: string

  @Field(() => Invite, { nullable: true, description: 'The invite. Null if there are `userErrors`.' })
  invite!: InviteRow | null

  @Field(() => [UserError], { description: 'Errors of this invitee. Empty if the invitee was invited.' })
  userErrors!: readonly UserError[]
}

@ObjectType({ description: 'Result of inviting people.', simpleResolvers: true })
export class InviteMembersPayload {
  @Field(() => [InviteResult], {
    nullable: true,
    description: 'A result for each invitee, in the order of the input. Null if there are `userErrors`.',
  })
  results!: readonly InviteResult[] | null

  @UserErrorsField()
  userErrors!: UserError[]
}

export const CancelInvitePayload = deletePayloadType(
  'CancelInvitePayload',
  'Result of canceling or declining an invite.',
)

const idArgument = { description: 'Id of the invite.' }

@Resolver()
export class InviteMutations {
  @Mutation(() => InviteMembersPayload, {
    description:
      'Invites people to an organization. An error of one invitee does not affect the others. An open invite is ' +
      'renewed with the new role and group. Only for owners of the organization and of its company, and for ' +
      'organization tokens with INVITE_EDIT.',
  })
  inviteMembers(
    @Ctx() context: Context,
    @Arg('input', () => InviteMembersInput, { description: 'Invitees, and what they are invited to.' })
    input: InviteMembersInput,
  ) {
    return toPayload(context, async () => ({ results: await inviteMembers(context, input) }))
  }

  @Mutation(() => MembershipPayload, {
    description: 'Accepts an invite. Only for the invitee: the person with the username, or with the e-mail address.',
  })
  acceptInvite(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string) {
    return toPayload(context, async () => {
      const { organization, member } = await acceptInvite(context, id)
      continueAs(context, withRole(requirePerson(context.principal), organization, member.role))
      return { membership: toMembership(organization.id, member), organization }
    })
  }

  @Mutation(() => CancelInvitePayload, {
    description:
      'Cancels or declines an invite. Only for owners of the organization and of its company, for organization ' +
      'tokens with INVITE_EDIT (except invites with the role OWNER), and for the invitee.',
  })
  cancelInvite(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string, @Info() info: GraphQLResolveInfo) {
    return toPayload(context, async () => {
      const { organizationId } = await cancelInvite(context, id)
      return toDeleted(context, info, 'Invite', id, organizationId)
    })
  }
}

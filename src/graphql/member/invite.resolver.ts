import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from 'type-graphql'
import { acceptInvite } from '../../domain/member/accept-invite.ts'
import { cancelInvite } from '../../domain/member/cancel-invite.ts'
import { inviteMembers } from '../../domain/member/invite-members.ts'
import type { InviteRow } from '../../domain/member/invite-store.ts'
import { withRole } from '../../domain/policy/principal.ts'
import { requirePerson } from '../../domain/policy/require.ts'
import { type Context, continueAs } from '../context.ts'
import { toPayload, UserError, UserErrorsField } from '../user-error.ts'
import { Invite } from './invite.types.ts'
import { InviteMembersInput } from './member.inputs.ts'
import { MembershipPayload } from './member.resolver.ts'

@ObjectType({ description: 'What came of one who was to be invited.', simpleResolvers: true })
export class InviteResult {
  @Field(() => String, { description: 'The username or e-mail address, as it was given.' })
  invitee!: string

  @Field(() => Invite, { nullable: true, description: 'The invite; null when `userErrors` is not empty.' })
  invite!: InviteRow | null

  @Field(() => [UserError], { description: 'What kept this one from being invited; empty when they were.' })
  userErrors!: readonly UserError[]
}

@ObjectType({ description: 'Invites that were given.', simpleResolvers: true })
export class InviteMembersPayload {
  @Field(() => [InviteResult], {
    nullable: true,
    description: 'What came of each, in the order of the input; null when `userErrors` is not empty.',
  })
  results!: readonly InviteResult[] | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'An invite that was taken back or declined.', simpleResolvers: true })
export class CancelInvitePayload {
  @Field(() => ID, { nullable: true, description: 'The id it had; null when `userErrors` is not empty.' })
  deletedId!: string | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const idArgument = { description: "The invite's id." }

@Resolver()
export class InviteMutations {
  @Mutation(() => InviteMembersPayload, {
    description:
      'Invites people into an organization, each for themself; who has an open invite keeps it, renewed. For owners of the organization and of its company, and tokens with INVITE_EDIT.',
  })
  inviteMembers(
    @Ctx() context: Context,
    @Arg('input', () => InviteMembersInput, { description: 'Whom to invite, and into what.' })
    input: InviteMembersInput,
  ) {
    return toPayload(context, async () => ({ results: await inviteMembers(context, input) }))
  }

  @Mutation(() => MembershipPayload, {
    description: 'Accepts an invite. For the person it is for, by username or by the e-mail address of their account.',
  })
  acceptInvite(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string) {
    return toPayload(context, async () => {
      const { organization, member } = await acceptInvite(context, id)
      continueAs(context, withRole(requirePerson(context.principal), organization, member.role))
      return { membership: member, organization }
    })
  }

  @Mutation(() => CancelInvitePayload, {
    description:
      'Takes an invite back, or declines it. For those who invite: owners of the organization and of its company, and tokens with INVITE_EDIT; and for the person it is for.',
  })
  cancelInvite(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string) {
    return toPayload(context, async () => {
      await cancelInvite(context, id)
      return { deletedId: id }
    })
  }
}

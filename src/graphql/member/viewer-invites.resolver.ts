import { Ctx, FieldResolver, Resolver } from 'type-graphql'
import type { InviteRow } from '../../domain/member/invite-store.ts'
import { listOwnInvites } from '../../domain/member/list-invites.ts'
import { Viewer } from '../account/viewer.types.ts'
import type { Context } from '../context.ts'
import { Invite } from './invite.types.ts'

@Resolver(() => Viewer)
export class ViewerInvitesField {
  @FieldResolver(() => [Invite], {
    description:
      'Open invites for the signed-in person, newest first, at most 100. Empty for tokens. If the installation ' +
      'allows sign-up, invites to an e-mail address are not listed; accept them by id.',
  })
  invites(@Ctx() context: Context): Promise<InviteRow[]> {
    return listOwnInvites(context)
  }
}

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
      'The open invites for the person who is signed in, newest first; none for a token. Where anyone may sign up, one that was given to an e-mail address is not listed: accept it by its id.',
  })
  invites(@Ctx() context: Context): Promise<InviteRow[]> {
    return listOwnInvites(context)
  }
}

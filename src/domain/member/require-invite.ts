import { notAllowedIn } from '../account/require-organization.ts'
import { type InviteFacts, mayCancelInvite } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { findInvite } from './find-invite.ts'
import type { InviteRow } from './invite-store.ts'

/**
 * The open invite with that id, which is for the caller. Throws `Denied` (UNAUTHENTICATED; FORBIDDEN for tokens, and
 * for people who only manage the invite) and `InvalidInput` (NOT_FOUND).
 */
export async function requireOwnInvite(context: RequestContext, id: string): Promise<InviteRow> {
  requirePerson(context.principal)
  const invite = await requireInvite(context, id)
  if (!invite.isForCaller)
    throw new Denied(
      'FORBIDDEN',
      `Only whom the invite is for may accept it: ${invite.invitee}, once they are signed in.`,
    )
  return invite
}

/** The open invite with that id, which the caller may cancel. Throws as `requireOwnInvite`. */
export async function requireCancellableInvite(context: RequestContext, id: string): Promise<InviteRow> {
  const invite = await requireInvite(context, id)
  if (!mayCancelInvite(context.principal, invite))
    throw notAllowedIn(context.principal, invite.organizationName, 'INVITE_EDIT')
  return invite
}

async function requireInvite(context: RequestContext, id: string): Promise<InviteRow & InviteFacts> {
  return (await findInvite(context, id)) ?? throwUnknownInvite()
}

/** Throws `InvalidInput` (NOT_FOUND), whether the invite does not exist, has ended or is not visible. */
export function throwUnknownInvite(): never {
  throwInvalid(
    'NOT_FOUND',
    ['id'],
    'There is no open invite of this id that you can see. Check the id, or ask for a new invite.',
  )
}

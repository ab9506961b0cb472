import { type InviteFacts, maySeeInvite } from '../policy/policy.ts'
import { actingPerson } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { findOpenInvite, type InviteRow } from './invite-store.ts'

/** The open invite with that id, if the caller can see it. Null if not, whether it exists or not. */
export async function findInvite(
  { em, principal, now }: Pick<RequestContext, 'em' | 'principal' | 'now'>,
  id: string,
): Promise<(InviteRow & InviteFacts) | null> {
  if (idPrefixOf(id) !== 'inv') return null
  const user = actingPerson(principal)?.user
  const invite = await findOpenInvite(em, id, { userId: user?.id ?? '', email: user?.email ?? '' }, now)
  return invite !== null && maySeeInvite(principal, invite) ? invite : null
}

import { recordActivity } from '../journal/record-activity.ts'
import { type AccessToken, statusOf } from '../model/access-token.ts'
import { Session } from '../model/session.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { idPrefixOf } from '../shared/id.ts'
import { lockSessionOfToken } from './device-store.ts'
import { lockManagedToken } from './require-token.ts'
import { deletePullCounts } from './token-store.ts'

export interface DeleteTokenOptions {
  /** Whether the device of the token is signed out, too. */
  readonly signOut: boolean
}

/**
 * Deletes a token of any status, with its secrets, scopes and pull counts, which frees its place in the plan. The
 * next use of an active token of a device creates it again, unless the device is signed out. Events stay. Returns
 * the deleted token. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteToken(
  context: RequestContext,
  id: string,
  { signOut }: DeleteTokenOptions,
): Promise<AccessToken> {
  const { user } = requirePerson(context.principal)
  return context.em.transactional(async (em) => {
    // A transaction that ends a session locks it before its token. In another order, the two would deadlock.
    if (idPrefixOf(id) === 'tok') await lockSessionOfToken(em, user.id, id)
    const token = await lockManagedToken(context, em, id)
    recordActivity(context, em, {
      namespaceId: token.namespace,
      action: 'access_token.delete',
      target: token.label,
      token,
    })
    await deletePullCounts(em, { namespaceId: token.namespace, tokenId: token.id })
    const session = token.session === null ? null : await em.findOneOrFail(Session, { id: token.session })
    em.remove(token)
    if (session === null) return token
    // Access that somebody took away does not return by itself.
    if (signOut || statusOf(token, null, context.now) !== 'ACTIVE') em.remove(session)
    else session.tokenLabel = token.label
    return token
  })
}

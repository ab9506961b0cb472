import { deleteSession } from '../account/session-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { idPrefixOf } from '../shared/id.ts'
import { lockSessionOfToken } from './device-store.ts'
import { lockManagedToken } from './require-token.ts'
import { deletePullCounts } from './token-store.ts'

/**
 * Deletes a token of any status, with its secrets, scopes and pull counts, which frees its place in the plan. The token
 * of a device is deleted with the device's session. Events stay. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and
 * `InvalidInput` (NOT_FOUND).
 */
export async function deleteToken(context: RequestContext, id: string): Promise<void> {
  const { user } = requirePerson(context.principal)
  await context.em.transactional(async (em) => {
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
    if (token.session === null) em.remove(token)
    else await deleteSession(em, token.session)
  })
}

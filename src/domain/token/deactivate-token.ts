import { recordActivity } from '../journal/record-activity.ts'
import { statusOf } from '../model/access-token.ts'
import type { Call } from '../policy/call.ts'
import { lockManagedToken, requireChangeable } from './require-token.ts'

/**
 * Deactivates a token: it is refused from the next request on. One of an organization can then only be deleted, unless the
 * policy says otherwise; one of a person can be activated again, and for one that is inactive already nothing happens.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED).
 */
export async function deactivateToken(call: Call, id: string): Promise<void> {
  await call.em.transactional(async (em) => {
    const token = await lockManagedToken(call, em, id)
    requireChangeable(token, call.now)
    if (statusOf(token, call.now) === 'INACTIVE') return
    token.deactivatedAt = call.now
    recordActivity(call, em, {
      namespaceId: token.namespace,
      action: 'access_token.deactivate',
      target: token.label,
      token,
    })
  })
}

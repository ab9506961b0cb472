import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import { lockManagedToken, requireActive } from './require-token.ts'

/**
 * Deactivates a token: it is refused from the next request on, and can then only be deleted.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED).
 */
export async function deactivateToken(call: Call, id: string): Promise<void> {
  await call.em.transactional(async (em) => {
    const token = await lockManagedToken(call, em, id)
    requireActive(token, call.now)
    token.deactivatedAt = call.now
    recordActivity(call, em, {
      namespaceId: token.namespace,
      action: 'access_token.deactivate',
      target: token.label,
      token,
    })
  })
}

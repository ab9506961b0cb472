import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { lockManagedToken, requireNotInactive, requireUnexpired } from './require-token.ts'

/**
 * Deactivates a token: it is rejected from the next request on. An organization token can then only be deleted, unless
 * the policy allows its activation. A personal token can be activated again; an inactive one stays as it is.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, TOKEN_INACTIVE, TOKEN_EXPIRED).
 */
export async function deactivateToken(context: RequestContext, id: string): Promise<void> {
  await context.em.transactional(async (em) => {
    const token = await lockManagedToken(context, em, id)
    // A suspended token can be deactivated, so that another plan does not bring it back.
    if (token.access === null) requireNotInactive(token, context.now)
    else requireUnexpired(token, context.now)
    if (token.deactivatedAt !== null) return
    token.deactivatedAt = context.now
    recordActivity(context, em, {
      namespaceId: token.namespace,
      action: 'access_token.deactivate',
      target: token.label,
      token,
    })
  })
}

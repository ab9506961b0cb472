import { recordActivity } from '../journal/record-activity.ts'
import { usedToken } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireSession } from '../policy/require.ts'
import { deleteSession } from './session-store.ts'

/**
 * Ends the caller's session. A device's session ends with its token. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for a
 * token that does not belong to a device).
 */
export async function signOut(context: RequestContext): Promise<void> {
  const { sessionId, user } = requireSession(context.principal)
  const token = usedToken(context.principal)
  await context.em.transactional(async (em) => {
    await deleteSession(em, sessionId)
    recordActivity(context, em, {
      namespaceId: user.id,
      action: 'user.sign_out',
      target: user.username,
      ...(token !== null && { token }),
    })
  })
}

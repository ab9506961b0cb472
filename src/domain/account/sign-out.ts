import { recordActivity } from '../journal/record-activity.ts'
import { Session } from '../model/session.ts'
import { usedToken } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireSession } from '../policy/require.ts'

/**
 * Ends the session that the call was made with, and with that of a device its token. Throws `Denied` (UNAUTHENTICATED,
 * FORBIDDEN for a token that is no device's).
 */
export async function signOut(context: RequestContext): Promise<void> {
  const { sessionId, user } = requireSession(context.principal)
  const token = usedToken(context.principal)
  await context.em.transactional(async (em) => {
    await em.nativeDelete(Session, { id: sessionId })
    recordActivity(context, em, {
      namespaceId: user.id,
      action: 'user.sign_out',
      target: user.username,
      ...(token !== null && { token }),
    })
  })
}

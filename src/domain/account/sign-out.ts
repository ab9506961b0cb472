import { recordActivity } from '../journal/record-activity.ts'
import { Session } from '../model/session.ts'
import type { Call } from '../policy/call.ts'
import { usedToken } from '../policy/principal.ts'
import { requireSession } from '../policy/require.ts'

/**
 * Ends the session that the call was made with, and with that of a device its token. Throws `Denied` (UNAUTHENTICATED,
 * FORBIDDEN for a token that is no device's).
 */
export async function signOut(call: Call): Promise<void> {
  const { sessionId, user } = requireSession(call.principal)
  const token = usedToken(call.principal)
  await call.em.transactional(async (em) => {
    await em.nativeDelete(Session, { id: sessionId })
    recordActivity(call, em, {
      namespaceId: user.id,
      action: 'user.sign_out',
      target: user.username,
      ...(token !== null && { token }),
    })
  })
}

import { requirePerson } from '../access/require.ts'
import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import { Session } from './session.ts'

/** Ends the session that the call was made with. */
export async function signOut(call: Call): Promise<void> {
  const { sessionId, user } = requirePerson(call.principal)
  await call.em.transactional(async (em) => {
    await em.nativeDelete(Session, { id: sessionId })
    recordActivity(call, em, { namespaceId: user.id, action: 'user.sign_out', target: user.username })
  })
}

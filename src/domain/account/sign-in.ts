import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type StartedSession, startSession } from './start-session.ts'
import { type Credentials, lockCredentials, verifyCredentials } from './verify-credentials.ts'

/** Signs a person in with their password. Throws `InvalidInput` (SIGN_IN_FAILED) and `Denied` (TOO_MANY_REQUESTS). */
export async function signIn(context: RequestContext, input: Credentials): Promise<StartedSession> {
  const verified = await verifyCredentials(context, input, ['input'])

  const { id, username } = verified.person.user
  return context.em.transactional(async (em) => {
    await lockCredentials(em, verified, ['input'])
    const actor = { kind: 'USER', id, name: username } as const
    recordActivity(context, em, { namespaceId: id, action: 'user.sign_in', target: username, actor })
    return startSession(context, em, id)
  })
}

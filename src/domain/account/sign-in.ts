import { recordActivity } from '../journal/record-activity.ts'
import type { Call } from '../policy/call.ts'
import { organizationsRefusingPasswords } from '../policy/policy.ts'
import { type StartedSession, startSession } from './start-session.ts'
import { type Credentials, holdCredentials, refusePasswordFor, verifyCredentials } from './verify-credentials.ts'

/**
 * Signs a person in with their password. Throws `InputRefused`: SIGN_IN_FAILED, the same in words and in time for an unknown
 * name and a wrong password; SSO_REQUIRED, only to who knows the password; and `Denied` (TOO_MANY_REQUESTS).
 */
export async function signIn(call: Call, input: Credentials): Promise<StartedSession> {
  const verified = await verifyCredentials(call, input, ['input'])
  refusePasswordFor(call, verified.person, organizationsRefusingPasswords(verified.person), ['input'])

  const { id, username } = verified.person.user
  return call.em.transactional(async (em) => {
    await holdCredentials(em, verified, ['input'])
    const actor = { kind: 'USER', id, name: username } as const
    recordActivity(call, em, { namespaceId: id, action: 'user.sign_in', target: username, actor })
    return startSession(call, em, id)
  })
}

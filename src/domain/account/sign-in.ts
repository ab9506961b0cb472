import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import { refuse } from '../errors.ts'
import { sqlOf } from '../tables.ts'
import { isNamespaceName } from './namespace.ts'
import { verifyPassword } from './password.ts'
import { type StartedSession, startSession } from './start-session.ts'
import { User } from './user.ts'

export interface SignInInput {
  readonly username: string
  readonly password: string
}

/**
 * Signs a person in with their password. Throws `InputRefused` (SIGN_IN_FAILED), the same in words and in time for an
 * unknown name and a wrong password, and `Denied` (TOO_MANY_REQUESTS).
 */
export async function signIn(call: Call, input: SignInInput): Promise<StartedSession> {
  const user = isNamespaceName(input.username)
    ? await call.em.findOne(User, { username: input.username }, { populate: ['passwordHash'] })
    : null
  const fits = await verifyPassword(input.password, user === null ? null : user.passwordHash)
  if (user === null || !fits) refuseSignIn()

  return call.em.transactional(async (em) => {
    // A change of the password ends all sessions: none may start afterwards with what was verified before. The lock has
    // the change wait for this session, to end it too.
    const verified = await sqlOf(em)
      .selectFrom('user_account')
      .select('id')
      .where('id', '=', user.id)
      .where('password_hash', '=', user.passwordHash)
      .forShare()
      .executeTakeFirst()
    if (verified === undefined) refuseSignIn()
    const actor = { kind: 'USER', id: user.id, name: user.username } as const
    recordActivity(call, em, { namespaceId: user.id, action: 'user.sign_in', target: user.username, actor })
    return startSession(call, em, user.id)
  })
}

/** The one answer to credentials that are wrong, whatever is wrong with them. */
export function refuseSignIn(): never {
  refuse('SIGN_IN_FAILED', ['input'], 'The username or the password is wrong. Check both and try again.')
}

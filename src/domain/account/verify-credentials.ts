import type { EntityManager } from '@mikro-orm/postgresql'
import { type VerifiedPerson, verifyPersonPassword } from '../identity/guess-password.ts'
import { mayUsePassword } from '../policy/policy.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { lockUserWithPassword } from './user-store.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * The person with these credentials. The name may be in upper or lower case. Throws `InvalidInput` (SIGN_IN_FAILED at
 * `path`) and `Denied` (TOO_MANY_REQUESTS). An unknown name, a wrong password, and a correct one that single sign-on
 * forbids cause the same error after the same time, and count as failures.
 */
export async function verifyCredentials(
  context: RequestContext,
  credentials: Credentials,
  path: readonly string[],
  mayUse: (person: Person) => boolean = mayUsePassword,
): Promise<VerifiedPerson> {
  return (await verifyPersonPassword(context, credentials, mayUse)) ?? throwSignInFailed(path)
}

/**
 * Ensures, in the transaction that `em` is in, that the verified password is still the person's: a change of the
 * password ends all sessions, so no session may start after it with the old one. The change waits for the
 * lock of this transaction. With `forNoKeyUpdate`, other transactions that lock the credentials wait, too.
 */
export async function lockCredentials(
  em: EntityManager,
  { person, passwordHash }: VerifiedPerson,
  path: readonly string[],
  lock: 'forShare' | 'forNoKeyUpdate' = 'forShare',
): Promise<void> {
  if (!(await lockUserWithPassword(em, { userId: person.user.id, passwordHash }, lock))) throwSignInFailed(path)
}

function throwSignInFailed(path: readonly string[]): never {
  throwInvalid(
    'SIGN_IN_FAILED',
    path,
    'The username or the password is wrong, or an organization of yours has its members sign in through its own ' +
      'provider. ' +
      'Check both, or sign in with startSsoSignIn. Access tokens go on working.',
  )
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { findPersonWithPassword } from '../identity/find-principals.ts'
import { guessPassword, requireAttemptsLeft } from '../identity/guess-password.ts'
import { isNamespaceName, toNamespaceName } from '../model/namespace.ts'
import { mayUsePassword } from '../policy/policy.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** A person whose password was right a moment ago. */
export interface VerifiedPerson {
  readonly person: Person
  readonly passwordHash: string
}

/**
 * The person with these credentials; the name may be in any case. Throws `InvalidInput` (SIGN_IN_FAILED at `path`), the same in
 * words and in time for an unknown name, a wrong password, and a right one that may not be used because of single sign-on; and
 * `Denied` (TOO_MANY_REQUESTS). A right password that may not be used counts as a failure, too.
 */
export async function verifyCredentials(
  context: RequestContext,
  { username: typedName, password }: Credentials,
  path: readonly string[],
  mayUse: (person: Person) => boolean = mayUsePassword,
): Promise<VerifiedPerson> {
  const username = toNamespaceName(typedName)
  requireAttemptsLeft(context, username)
  const found = isNamespaceName(username) ? await findPersonWithPassword(context.em, username) : null
  const passwordHash = found?.passwordHash ?? null
  const isAllowed = found !== null && mayUse(found.person)
  const fits = await guessPassword(context, { username, password, passwordHash, mayUsePassword: isAllowed })
  if (found !== null && fits && isAllowed) return found
  const reason = found !== null && fits ? 'SSO_REQUIRED' : 'WRONG_PASSWORD'
  context.refusals.note(context, { subject: { name: username }, reason })
  return throwSignInFailed(path)
}

/**
 * Makes sure, in the transaction that `em` is in, that the password which was verified is still the person's. A change of
 * the password ends all sessions: none may start afterwards with what was verified before. The lock has the change wait for
 * this transaction, to end its session, too; with `forNoKeyUpdate`, so does everyone else who holds them.
 */
export async function lockCredentials(
  em: EntityManager,
  { person, passwordHash }: VerifiedPerson,
  path: readonly string[],
  lock: 'forShare' | 'forNoKeyUpdate' = 'forShare',
): Promise<void> {
  const unchanged = kysely(em)
    .selectFrom('user_account')
    .select('id')
    .where('id', '=', person.user.id)
    .where('password_hash', '=', passwordHash)
  const verified = await unchanged[lock]().executeTakeFirst()
  if (verified === undefined) throwSignInFailed(path)
}

function throwSignInFailed(path: readonly string[]): never {
  throwInvalid(
    'SIGN_IN_FAILED',
    path,
    'The username or the password is wrong, or an organization of yours has its members sign in through its own provider. ' +
      'Check both, or sign in with startSsoSignIn. Access tokens go on working.',
  )
}

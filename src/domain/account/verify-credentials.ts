import type { EntityManager } from '@mikro-orm/postgresql'
import { findPersonWithPassword } from '../identity/find-principals.ts'
import { guessPassword } from '../identity/guess-password.ts'
import { isNamespaceName, toNamespaceName } from '../model/namespace.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { refuse } from '../shared/errors.ts'
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
 * The person with these credentials; the name may be in any case. Throws `InvalidInput` (SIGN_IN_FAILED at `path`), the same in words and in time for an
 * unknown name and a wrong password, and `Denied` (TOO_MANY_REQUESTS).
 */
export async function verifyCredentials(
  context: RequestContext,
  { username: typedName, password }: Credentials,
  path: readonly string[],
): Promise<VerifiedPerson> {
  const username = toNamespaceName(typedName)
  const found = isNamespaceName(username) ? await findPersonWithPassword(context.em, username) : null
  const passwordHash = found?.passwordHash ?? null
  const fits = await guessPassword(context, { username, password, passwordHash, mayUsePassword: true })
  if (found !== null && fits) return found
  context.refusals.note(context, { subject: { name: username }, reason: 'WRONG_PASSWORD' })
  return refuseCredentials(path)
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
  if (verified === undefined) refuseCredentials(path)
}

/** Refuses a password that was right, if any organization is named here: those of the person that take none. */
export function refusePasswordFor(
  context: RequestContext,
  { user }: Person,
  organizations: readonly OrganizationRow[],
  path: readonly string[],
): void {
  const names = organizations.map(({ name }) => name).sort()
  if (names.length === 0) return
  context.refusals.note(context, { subject: { namespaceId: user.id, tokenId: null }, reason: 'SSO_REQUIRED' })
  refuse(
    'SSO_REQUIRED',
    path,
    `Members of ${names.join(' and ')} sign in through the organization's own provider, with startSsoSignIn, ` +
      'and not with a password. Access tokens go on working.',
  )
}

function refuseCredentials(path: readonly string[]): never {
  refuse('SIGN_IN_FAILED', path, 'The username or the password is wrong. Check both and try again.')
}

import { randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { createUser } from '../account/create-user.ts'
import type { StartedSession } from '../account/start-session.ts'
import { type Credentials, lockCredentials, verifyCredentials } from '../account/verify-credentials.ts'
import { SsoIdentity } from '../model/sso-tables.ts'
import { mayBeLinked, organizationsRequiringSso } from '../policy/policy.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashPassword } from '../secrets/password.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { throwInvalid } from '../shared/errors.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { kysely } from '../sql/tables.ts'
import type { ConfiguredProvider } from './find-sso-provider.ts'
import { type Entering, finishSignIn, recordUserEvent } from './finish-sign-in.ts'
import { toNewUser } from './new-user.ts'
import type { ProviderAccount } from './openid.ts'
import { throwProviderFailed } from './throw-provider-failed.ts'

/**
 * Signs in the person whom a provider has signed in: whose account is linked to theirs at the provider, or will be from now
 * on, be it the one of `link`, or one that is made for them. Whoever the provider signs in is a member of the organization.
 *
 * Throws `InvalidInput` (INVALID, SIGN_IN_FAILED, TAKEN) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function signInAsLinkedAccount(
  context: RequestContext,
  provider: ConfiguredProvider,
  account: ProviderAccount,
  link: Credentials | null,
): Promise<StartedSession> {
  const known = await findLinked(context.em, provider, account)
  if (known !== null) return finishSignIn(context, provider, async () => known)
  const add =
    link === null ? await newAccount(context, provider, account) : await ownAccount(context, provider, account, link)
  for (let tries = 1; ; tries += 1) {
    try {
      // Two browsers can be signed in for the first time at once.
      return await finishSignIn(context, provider, async (em) => (await findLinked(em, provider, account)) ?? add(em))
    } catch (error) {
      if (tries === maxTries || !contested.some((table) => isUniqueViolation(error, table))) throw error
      context.em.clear()
    }
  }
}

// Names, addresses and identities that others take at the same moment; each time, one of those who try gets through.
const contested = ['namespace', 'user_account', 'sso_identity']
const maxTries = 20

async function findLinked(
  em: EntityManager,
  { organizationId }: ConfiguredProvider,
  { issuer, subject }: ProviderAccount,
): Promise<Entering | null> {
  const row = await kysely(em)
    .selectFrom('sso_identity as i')
    .innerJoin('user_account as u', 'u.id', 'i.user_id')
    .select(['u.id', 'u.username', 'u.is_administrator as isAdministrator'])
    .where('i.organization_id', '=', organizationId)
    .where('i.issuer', '=', issuer)
    .where('i.subject', '=', subject)
    .executeTakeFirst()
  if (row !== undefined && !mayBeLinked(row)) throwIsAdministrator()
  return row ?? null
}

/** Adds the account to the transaction that `em` is in, and what it is at the provider. */
type AddAccount = (em: EntityManager) => Promise<Entering>

/** One that there is, and whose password is given. */
async function ownAccount(
  context: RequestContext,
  provider: ConfiguredProvider,
  account: ProviderAccount,
  link: Credentials,
): Promise<AddAccount> {
  const path = ['input', 'link']
  // Else the provider of one organization would be a way around that of another, for whoever has found out a password.
  const mayUsePasswordElsewhere = (person: Person) =>
    organizationsRequiringSso(person).every(({ id }) => id === provider.organizationId)
  const verified = await verifyCredentials(context, link, path, mayUsePasswordElsewhere)
  const { user } = verified.person
  if (!mayBeLinked(user)) throwIsAdministrator()
  return async (em) => {
    await lockCredentials(em, verified, path)
    addIdentity(context, em, provider, account, user.id)
    recordUserEvent(context, em, provider, 'user.sso_link', user)
    return user
  }
}

/** One that is made, as the provider tells of the person. */
async function newAccount(
  context: RequestContext,
  provider: ConfiguredProvider,
  account: ProviderAccount,
): Promise<AddAccount> {
  const profile = await account.profile().catch(throwProviderFailed(['input']))
  // Of bytes that nobody kept: no password opens this account.
  const passwordHash = await hashPassword(
    randomBytes(32).toString('base64url'),
    clientNetwork(context.origin.ipAddress),
  )
  return async (em) => {
    const fromProfile = await toNewUser(em, profile)
    const user = await createUser(em, { ...fromProfile, passwordHash, isAdministrator: false }, context.now)
    addIdentity(context, em, provider, account, user.id)
    recordUserEvent(context, em, provider, 'user.sign_up', user)
    return user
  }
}

function addIdentity(
  context: RequestContext,
  em: EntityManager,
  { organizationId }: ConfiguredProvider,
  { issuer, subject }: ProviderAccount,
  userId: string,
): void {
  em.create(SsoIdentity, { organization: organizationId, issuer, subject, user: userId, createdAt: context.now })
}

function throwIsAdministrator(): never {
  throwInvalid(
    'INVALID',
    ['input', 'link'],
    'Administrators of this installation sign in with their passwords: give another account to link.',
  )
}

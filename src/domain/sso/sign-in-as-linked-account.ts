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
import { finishSignIn, recordUserEvent, type SignInAccount } from './finish-sign-in.ts'
import type { ProviderAccount } from './openid.ts'
import { findLinkedAccount } from './sso-account-store.ts'
import type { ConfiguredProvider } from './sso-provider-store.ts'
import { throwProviderFailed } from './throw-provider-failed.ts'
import { toNewUser } from './to-new-user.ts'

/**
 * Signs a person in after their provider has. Their account is the one that is linked to theirs at the provider, the
 * one of `link`, or a new one; it is linked from now on. They become a member of the organization.
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
      // Two browsers of a person may sign in for the first time at once.
      return await finishSignIn(context, provider, async (em) => (await findLinked(em, provider, account)) ?? add(em))
    } catch (error) {
      if (tries === maxTries || !contested.some((table) => isUniqueViolation(error, table))) throw error
      context.em.clear()
    }
  }
}

// Another transaction may take the same name, address or identity. Each time, at least one transaction succeeds.
const contested = ['namespace', 'user_account', 'sso_identity']
const maxTries = 20

async function findLinked(
  em: EntityManager,
  { organizationId }: ConfiguredProvider,
  account: ProviderAccount,
): Promise<SignInAccount | null> {
  const linked = await findLinkedAccount(em, organizationId, account)
  if (linked !== null && !mayBeLinked(linked)) throwIsAdministrator()
  return linked
}

/** Adds an account and its link to the transaction that `em` is in. */
type AddAccount = (em: EntityManager) => Promise<SignInAccount>

/** Links an existing account, whose password is given. */
async function ownAccount(
  context: RequestContext,
  provider: ConfiguredProvider,
  account: ProviderAccount,
  link: Credentials,
): Promise<AddAccount> {
  const path = ['input', 'link']
  // Otherwise somebody with a stolen password could avoid the provider of one organization through that of another.
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

/** Creates an account from the profile at the provider. */
async function newAccount(
  context: RequestContext,
  provider: ConfiguredProvider,
  account: ProviderAccount,
): Promise<AddAccount> {
  const profile = await account.profile().catch(throwProviderFailed(['input']))
  // The bytes are not stored, so no password opens this account.
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

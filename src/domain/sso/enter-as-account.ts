import { randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { mayBeLinked, organizationsRefusingPasswords } from '../access/policy.ts'
import { createUser } from '../account/create-user.ts'
import { hashPassword } from '../account/password.ts'
import type { StartedSession } from '../account/start-session.ts'
import {
  type Credentials,
  holdCredentials,
  refusePasswordFor,
  type VerifiedPerson,
  verifyCredentials,
} from '../account/verify-credentials.ts'
import type { Call } from '../call.ts'
import { refuse } from '../errors.ts'
import { sqlOf } from '../tables.ts'
import { isTaken } from '../unique-violation.ts'
import { type Entering, enter, recordOwn } from './enter.ts'
import type { ConfiguredProvider } from './find-sso-provider.ts'
import { toNewUser } from './new-user.ts'
import type { ProviderAccount, ProviderProfile } from './openid.ts'
import { refuseFailed } from './refuse-failed.ts'
import { SsoIdentity } from './sso-tables.ts'

/**
 * Signs in the person whom a provider has signed in: whose account is linked to theirs at the provider, or will be from now
 * on, be it the one of `link`, or one that is made for them. Whoever the provider signs in is a member of the organization.
 *
 * Throws `InputRefused` (INVALID, SIGN_IN_FAILED, TAKEN, SSO_REQUIRED) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function enterAsAccount(
  call: Call,
  provider: ConfiguredProvider,
  account: ProviderAccount,
  link: Credentials | null,
): Promise<StartedSession> {
  const known = await findLinked(call.em, provider, account)
  if (known !== null) return enter(call, provider, async () => known)
  return link === null ? enterAsNewUser(call, provider, account) : enterByLinking(call, provider, account, link)
}

async function findLinked(
  em: EntityManager,
  { organizationId }: ConfiguredProvider,
  { issuer, subject }: ProviderAccount,
): Promise<Entering | null> {
  const row = await sqlOf(em)
    .selectFrom('sso_identity as i')
    .innerJoin('user_account as u', 'u.id', 'i.user_id')
    .select(['u.id', 'u.username', 'u.is_administrator as isAdministrator'])
    .where('i.organization_id', '=', organizationId)
    .where('i.issuer', '=', issuer)
    .where('i.subject', '=', subject)
    .executeTakeFirst()
  if (row !== undefined && !mayBeLinked(row)) refuseAdministrator()
  return row ?? null
}

async function enterByLinking(
  call: Call,
  provider: ConfiguredProvider,
  account: ProviderAccount,
  link: Credentials,
): Promise<StartedSession> {
  const path = ['input', 'link']
  const verified = await verifyCredentials(call.em, link, path)
  const { user } = verified.person
  if (!mayBeLinked(user)) refuseAdministrator()
  // Else the provider of one organization would be a way around that of another, for whoever has found out a password.
  const others = organizationsRefusingPasswords(verified.person).filter(({ id }) => id !== provider.organizationId)
  refusePasswordFor(others, path)
  return enter(call, provider, (em) => linkAccount(call, em, provider, account, verified))
}

async function linkAccount(
  call: Call,
  em: EntityManager,
  provider: ConfiguredProvider,
  account: ProviderAccount,
  verified: VerifiedPerson,
): Promise<Entering> {
  await holdCredentials(em, verified, ['input', 'link'])
  const { user } = verified.person
  addIdentity(call, em, provider, account, user.id)
  recordOwn(call, em, provider, 'user.sso_link', user)
  return user
}

// Names and addresses that others take at the same moment; each time, one of those who try gets through.
const maxTries = 20

async function enterAsNewUser(
  call: Call,
  provider: ConfiguredProvider,
  account: ProviderAccount,
): Promise<StartedSession> {
  const profile = await account.profile().catch(refuseFailed(['input']))
  // Of bytes that nobody kept: no password opens this account.
  const passwordHash = await hashPassword(randomBytes(32).toString('base64url'))
  for (let tries = 1; ; tries += 1) {
    try {
      return await enter(call, provider, (em) => makeAccount(call, em, provider, account, profile, passwordHash))
    } catch (error) {
      if (tries === maxTries || !['namespace', 'user_account', 'sso_identity'].some((table) => isTaken(error, table)))
        throw error
      call.em.clear()
    }
  }
}

async function makeAccount(
  call: Call,
  em: EntityManager,
  provider: ConfiguredProvider,
  account: ProviderAccount,
  profile: ProviderProfile,
  passwordHash: string,
): Promise<Entering> {
  // Two browsers can be signed in for the first time at once.
  const known = await findLinked(em, provider, account)
  if (known !== null) return known
  const user = await createUser(
    em,
    { ...(await toNewUser(em, profile)), passwordHash, isAdministrator: false },
    call.now,
  )
  addIdentity(call, em, provider, account, user.id)
  recordOwn(call, em, provider, 'user.sign_up', user)
  return user
}

function addIdentity(
  call: Call,
  em: EntityManager,
  { organizationId }: ConfiguredProvider,
  { issuer, subject }: ProviderAccount,
  userId: string,
): void {
  em.create(SsoIdentity, { organization: organizationId, issuer, subject, user: userId, createdAt: call.now })
}

function refuseAdministrator(): never {
  refuse(
    'INVALID',
    ['input', 'link'],
    'Administrators of this installation sign in with their passwords: give another account to link.',
  )
}

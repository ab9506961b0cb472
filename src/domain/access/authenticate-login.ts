import { isNamespaceName } from '../account/namespace.ts'
import { verifyPassword } from '../account/password.ts'
import { hashSecret } from '../deployment/secret-key.ts'
import { withoutLateUse } from '../token/record-late-use.ts'
import { looksLikeSecret, recognizeSecret } from '../token/token-secret.ts'
import { findPersonWithPassword } from './find-people.ts'
import type { RegistryCall } from './lookups.ts'
import { mayUsePassword } from './policy.ts'
import type { OrganizationTokenPrincipal, PasswordPrincipal, PersonalTokenPrincipal } from './principal.ts'

/**
 * The principal behind the username and password of a `docker login`: an organization's name with one of its tokens, or
 * a person's with a token of theirs or their password. Null for anything else, whatever the reason; a session is no
 * password. What is written like one of our secrets is never taken for a password, which would take long to verify.
 *
 * Throws `Denied` (TOO_MANY_REQUESTS) when too many passwords are being verified.
 */
export async function authenticateLogin(
  call: Omit<RegistryCall, 'principal'>,
  username: string,
  password: string,
): Promise<OrganizationTokenPrincipal | PersonalTokenPrincipal | PasswordPrincipal | null> {
  const { lookups, settings } = call
  const secret = recognizeSecret(settings.tokenBrand, password)
  const hash = () => hashSecret(secret?.reveal() ?? '', settings.tokenHashKey)
  switch (secret?.kind) {
    case 'oat': {
      const principal = await withoutLateUse(call, await lookups.organizationToken(hash()))
      return principal?.organization.name === username ? principal : null
    }
    case 'pat': {
      const principal = await withoutLateUse(call, await lookups.personalToken(hash()))
      return principal?.user.username === username ? principal : null
    }
    case 'ses':
      return null
    case undefined:
      return looksLikeSecret(settings.tokenBrand, password) ? null : authenticateWithPassword(call, username, password)
  }
}

async function authenticateWithPassword(
  { em }: Omit<RegistryCall, 'principal'>,
  username: string,
  password: string,
): Promise<PasswordPrincipal | null> {
  const found = isNamespaceName(username) ? await findPersonWithPassword(em, username) : null
  const fits = await verifyPassword(password, found?.passwordHash ?? null)
  return found !== null && fits && mayUsePassword(found.person) ? { kind: 'PASSWORD', ...found.person } : null
}

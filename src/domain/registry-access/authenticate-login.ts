import { countRejectedSecret } from '../identity/count-rejected-secret.ts'
import { findPersonWithPassword } from '../identity/find-people.ts'
import { guessPassword } from '../identity/guess-password.ts'
import { type RefusedToken, withoutRefused } from '../identity/refused-token.ts'
import { isNamespaceName } from '../model/namespace.ts'
import { mayUsePassword } from '../policy/policy.ts'
import type { OrganizationTokenPrincipal, PasswordPrincipal, PersonalTokenPrincipal } from '../policy/principal.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { readSecret } from '../secrets/token-secret.ts'
import type { RegistryCall } from './lookups.ts'

/**
 * The principal behind the username and password of a `docker login`: an organization's name with one of its tokens, or
 * a person's with a token of theirs or their password. Null for anything else, whatever the reason; a session is no
 * password. What is written like one of our secrets is never taken for a password, which would take long to verify.
 *
 * Throws `Denied` (TOO_MANY_REQUESTS) when there were too many failures, or too many passwords are being verified.
 */
export async function authenticateLogin(
  call: Omit<RegistryCall, 'principal'>,
  username: string,
  password: string,
): Promise<OrganizationTokenPrincipal | PersonalTokenPrincipal | PasswordPrincipal | null> {
  const { lookups, settings } = call
  const read = readSecret(settings.tokenBrand, password)
  if (read === null) return authenticateWithPassword(call, username, password)
  const { secret, isQuoted } = read
  const hash = () => hashSecret(secret?.reveal() ?? '', settings.tokenHashKey)
  switch (isQuoted ? undefined : secret?.kind) {
    case 'oat': {
      const found = await lookups.organizationToken(hash())
      return ofThatName(call, username, found, ({ organization }) => organization)
    }
    case 'pat': {
      const found = await lookups.personalToken(hash())
      return ofThatName(call, username, found, ({ user }) => ({ id: user.id, name: user.username }))
    }
  }
  call.refusals.note(call, { subject: { name: username }, reason: isQuoted ? 'QUOTED_SECRET' : 'UNKNOWN_SECRET' })
  countRejectedSecret(call, null)
  return null
}

/** The token that was found, where it is one of the name that was given; else null, and the attempt is noted. */
async function ofThatName<Found extends OrganizationTokenPrincipal | PersonalTokenPrincipal>(
  call: Omit<RegistryCall, 'principal'>,
  username: string,
  found: Found | RefusedToken | null,
  ownerOf: (principal: Found) => { readonly id: string; readonly name: string },
): Promise<Found | null> {
  if (found === null) call.refusals.note(call, { subject: { name: username }, reason: 'UNKNOWN_SECRET' })
  const principal = await withoutRefused(call, found)
  if (principal === null) return null
  const { id: namespaceId, name } = ownerOf(principal)
  if (name === username) return principal
  call.refusals.note(call, { subject: { namespaceId, tokenId: principal.token.id }, reason: 'WRONG_USERNAME' })
  countRejectedSecret(call, principal.token.id)
  return null
}

async function authenticateWithPassword(
  call: Omit<RegistryCall, 'principal'>,
  username: string,
  password: string,
): Promise<PasswordPrincipal | null> {
  const found = isNamespaceName(username) ? await findPersonWithPassword(call.em, username) : null
  const passwordHash = found?.passwordHash ?? null
  const isAllowed = found !== null && mayUsePassword(found.person)
  const fits = await guessPassword(call, { username, password, passwordHash, mayUsePassword: isAllowed })
  if (found !== null && fits && isAllowed) return { kind: 'PASSWORD', ...found.person }
  const reason = found !== null && fits ? 'SSO_REQUIRED' : 'WRONG_PASSWORD'
  call.refusals.note(call, { subject: { name: username }, reason })
  return null
}

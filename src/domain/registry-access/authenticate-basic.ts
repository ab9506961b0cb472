import { countRejectedSecret } from '../identity/count-rejected-secret.ts'
import { findPersonWithPassword } from '../identity/find-principals.ts'
import { guessPassword, requireAttemptsLeft } from '../identity/guess-password.ts'
import { type RejectedToken, rejectUnusableToken } from '../identity/reject-unusable-token.ts'
import { isNamespaceName, toNamespaceName } from '../model/namespace.ts'
import { mayUsePassword } from '../policy/policy.ts'
import type { OrganizationTokenPrincipal, PasswordPrincipal, PersonalTokenPrincipal } from '../policy/principal.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { readSecret } from '../secrets/token-secret.ts'
import type { RegistryContext } from './lookups.ts'

/**
 * The principal behind the username, in any case, and password of a `docker login`: an organization's name with one of its
 * tokens, or a person's with a token of theirs or their password. Null for anything else, whatever the reason; a session is no
 * password. What is written like one of our secrets is never taken for a password, which would take long to verify.
 *
 * Throws `Denied` (TOO_MANY_REQUESTS) when there were too many failures, or too many passwords are being verified.
 */
export async function authenticateLogin(
  context: Omit<RegistryContext, 'principal'>,
  typedName: string,
  password: string,
): Promise<OrganizationTokenPrincipal | PersonalTokenPrincipal | PasswordPrincipal | null> {
  const { lookups, settings } = context
  const username = toNamespaceName(typedName)
  const read = readSecret(settings.tokenBrand, password)
  if (read === null) return authenticateWithPassword(context, username, password)
  const { secret, isQuoted } = read
  const hash = () => hashSecret(secret?.reveal() ?? '', settings.tokenHashKey)
  switch (isQuoted ? undefined : secret?.kind) {
    case 'oat': {
      const found = await lookups.organizationToken(hash())
      return ofThatName(context, username, found, ({ organization }) => organization)
    }
    case 'pat': {
      const found = await lookups.personalToken(hash())
      return ofThatName(context, username, found, ({ user }) => ({ id: user.id, name: user.username }))
    }
  }
  context.refusals.note(context, { subject: { name: username }, reason: isQuoted ? 'QUOTED_SECRET' : 'UNKNOWN_SECRET' })
  countRejectedSecret(context, null)
  return null
}

/** The token that was found, where it is one of the name that was given; else null, and the attempt is noted. */
async function ofThatName<Found extends OrganizationTokenPrincipal | PersonalTokenPrincipal>(
  context: Omit<RegistryContext, 'principal'>,
  username: string,
  found: Found | RejectedToken | null,
  ownerOf: (principal: Found) => { readonly id: string; readonly name: string },
): Promise<Found | null> {
  if (found === null) context.refusals.note(context, { subject: { name: username }, reason: 'UNKNOWN_SECRET' })
  const principal = await rejectUnusableToken(context, found)
  if (principal === null) return null
  const { id: namespaceId, name } = ownerOf(principal)
  if (name === username) return principal
  context.refusals.note(context, { subject: { namespaceId, tokenId: principal.token.id }, reason: 'WRONG_USERNAME' })
  countRejectedSecret(context, principal.token.id)
  return null
}

async function authenticateWithPassword(
  context: Omit<RegistryContext, 'principal'>,
  username: string,
  password: string,
): Promise<PasswordPrincipal | null> {
  requireAttemptsLeft(context, username)
  const found = isNamespaceName(username) ? await findPersonWithPassword(context.em, username) : null
  const passwordHash = found?.passwordHash ?? null
  const isAllowed = found !== null && mayUsePassword(found.person)
  const fits = await guessPassword(context, { username, password, passwordHash, mayUsePassword: isAllowed })
  if (found !== null && fits && isAllowed) return { kind: 'PASSWORD', ...found.person }
  const reason = found !== null && fits ? 'SSO_REQUIRED' : 'WRONG_PASSWORD'
  context.refusals.note(context, { subject: { name: username }, reason })
  return null
}

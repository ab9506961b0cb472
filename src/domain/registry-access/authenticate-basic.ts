import { verifyPersonPassword } from '../identity/guess-password.ts'
import { recreateDeviceToken } from '../identity/recreate-device-token.ts'
import { countRejectedSecret, rejectUnusableToken } from '../identity/reject-secret.ts'
import type { UnusableToken } from '../identity/token-principal-store.ts'
import { toNamespaceName } from '../model/namespace.ts'
import { mayUsePassword } from '../policy/policy.ts'
import type { OrganizationTokenPrincipal, PasswordPrincipal, PersonalTokenPrincipal } from '../policy/principal.ts'
import { hashSecret, readSecret } from '../secrets/token-secret.ts'
import type { RegistryContext } from './lookups.ts'

/**
 * The principal of the username (in upper or lower case) and password of a `docker login`: an organization with one of
 * its tokens, or a person with one of their tokens or their password. Null for anything else, for every reason. A
 * secret of ours is never verified as a password, which takes long.
 *
 * Throws `Denied` (TOO_MANY_REQUESTS) after too many failures, or if too many passwords wait to be verified.
 */
export async function authenticateBasic(
  context: Omit<RegistryContext, 'principal'>,
  { username: typedName, password }: { readonly username: string; readonly password: string },
): Promise<OrganizationTokenPrincipal | PersonalTokenPrincipal | PasswordPrincipal | null> {
  const { lookups, settings } = context
  const username = toNamespaceName(typedName)
  const read = readSecret(settings.tokenBrand, password)
  if (read === null) {
    const verified = await verifyPersonPassword(context, { username, password }, mayUsePassword)
    return verified && { kind: 'PASSWORD', ...verified.person }
  }
  const { secret, isQuoted } = read
  const hash = () => hashSecret(secret?.reveal() ?? '', settings.tokenHashKey)
  switch (isQuoted ? undefined : secret?.kind) {
    case 'oat': {
      const found = await lookups.organizationToken(hash())
      return acceptFor(context, username, found, ({ organization }) => organization)
    }
    case 'pat': {
      let found = await lookups.personalToken(hash())
      if (found === null && secret && (await recreateDeviceToken(context, secret, username)))
        found = await lookups.personalToken(hash())
      return acceptFor(context, username, found, ({ user }) => ({ id: user.id, name: user.username }))
    }
  }
  context.refusals.note(context, { subject: { name: username }, reason: isQuoted ? 'QUOTED_SECRET' : 'UNKNOWN_SECRET' })
  countRejectedSecret(context, null)
  return null
}

/** The token that was found, if its owner has that username. Otherwise null, and the attempt is recorded. */
async function acceptFor<Found extends OrganizationTokenPrincipal | PersonalTokenPrincipal>(
  context: Omit<RegistryContext, 'principal'>,
  username: string,
  found: Found | UnusableToken | null,
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

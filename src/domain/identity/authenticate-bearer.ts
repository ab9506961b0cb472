import type { Principal } from '../policy/principal.ts'
import { hashSecret, type PlainSecret, readSecret } from '../secrets/token-secret.ts'
import { Denied } from '../shared/errors.ts'
import { findSession } from './person-store.ts'
import { recreateDeviceToken } from './recreate-device-token.ts'
import { countRejectedSecret, rejectQuoted, rejectUnusableToken, type UnauthenticatedContext } from './reject-secret.ts'
import { findOrganizationTokens, findPersonalTokens } from './token-principal-store.ts'

/**
 * The principal of a bearer secret: a session or an access token, as the secret's prefix says. A malformed secret is
 * rejected without a statement.
 *
 * Throws `Denied`: UNAUTHENTICATED with the same message for every reason, and TOO_MANY_REQUESTS after too many
 * failures.
 */
export async function authenticateBearer(context: UnauthenticatedContext, bearer: string): Promise<Principal> {
  const read = readSecret(context.settings.tokenBrand, bearer)
  if (read === null || read.secret === null) countRejectedSecret(context, null)
  else {
    const principal = await findPrincipal(context, read.secret, read.isQuoted)
    if (principal !== null && !read.isQuoted) return principal
    if (principal !== null) rejectQuoted(context, principal)
  }
  throw new Denied(
    'UNAUTHENTICATED',
    'This session or access token is unknown, ended, inactive, expired or deleted. ' +
      'Sign in again, or use an active token.',
  )
}

/** The principal of a well-formed secret; null if the secret is unknown, ended, inactive or expired. */
async function findPrincipal(
  context: UnauthenticatedContext,
  secret: PlainSecret,
  isQuoted: boolean,
): Promise<Principal | null> {
  const { em, now, settings } = context
  const hash = hashSecret(secret.reveal(), settings.tokenHashKey)
  const findPersonalToken = async () => {
    const found = await only(findPersonalTokens(em, [hash], now))
    const isRecreated = found === null && !isQuoted && (await recreateDeviceToken(context, secret, null))
    return isRecreated ? only(findPersonalTokens(em, [hash], now)) : found
  }
  switch (secret.kind) {
    case 'ses':
      return rejectUnusableToken(context, await findSession(em, hash, now))
    case 'oat':
      return rejectUnusableToken(context, await only(findOrganizationTokens(em, [hash], settings.plans, now)))
    case 'pat':
      return rejectUnusableToken(context, await findPersonalToken())
    case 'dvc':
      return rejectUnusableToken(context, null)
  }
}

async function only<T>(found: Promise<ReadonlyArray<T | null>>): Promise<T | null> {
  return (await found)[0] ?? null
}

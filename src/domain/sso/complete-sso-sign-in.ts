import type { StartedSession } from '../account/start-session.ts'
import type { Credentials } from '../account/verify-credentials.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { throwInvalid } from '../shared/errors.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { findProviderById, openidClientOf } from './find-sso-provider.ts'
import { verifyCallback } from './openid.ts'
import { parseUrl } from './provider-url.ts'
import { signInAsLinkedAccount } from './sign-in-as-linked-account.ts'
import { ssoCharge } from './sso-charge.ts'
import { throwProviderFailed, throwSsoSignInFailed } from './throw-provider-failed.ts'

export interface CompleteSsoSignInInput {
  readonly signInToken: string
  /** The whole address that the provider sent the browser to. */
  readonly callbackUrl: string
  /** An account that there is already, to be linked to the one at the provider. */
  readonly link?: Credentials | null | undefined
}

/**
 * Completes a sign-in through an organization's provider. It can be tried once: the attempt is over, whatever comes of it.
 *
 * Throws `InvalidInput` (INVALID, SIGN_IN_FAILED, TAKEN) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function completeSsoSignIn(
  context: RequestContext,
  input: CompleteSsoSignInInput,
): Promise<StartedSession> {
  const came = parseUrl(input.callbackUrl)
  if (came === null)
    throwInvalid('INVALID', ['input', 'callbackUrl'], 'Give the whole address that the provider sent the browser to.')
  const attempt = await takeAttempt(context, input.signInToken)
  const provider = attempt && (await findProviderById(context.em, attempt.organizationId))
  if (attempt === null) context.limits.note(await context.guesses.charge([ssoCharge(context)]))
  if (attempt === null || provider === null) throwSsoSignInFailed(['input'])
  const callback = new URL(attempt.redirectUri)
  if (came.origin !== callback.origin || came.pathname !== callback.pathname) throwSsoSignInFailed(['input'])

  // No transaction is open meanwhile: a provider that takes its time must not take a connection, too.
  callback.search = came.search
  const account = await verifyCallback(openidClientOf(context, provider), callback, attempt).catch(
    throwProviderFailed(['input']),
  )
  const session = await signInAsLinkedAccount(context, provider, account, input.link ?? null)
  await context.guesses.giveBack([ssoCharge(context)])
  return session
}

const signInTokenPattern = /^[\w-]{43}$/

const deleteAttempt = statement((db, value: ValueOf<{ hash: Buffer }>) =>
  db
    .deleteFrom('sso_attempt')
    .where('secret_hash', '=', value('hash'))
    .returning([
      'organization_id as organizationId',
      'state',
      'nonce',
      'code_verifier as codeVerifier',
      'redirect_uri as redirectUri',
      'expires_at as expiresAt',
    ]),
)

/** Takes the attempt out of the database, for good; null when there is none, or it has expired. */
async function takeAttempt({ em, settings, now }: RequestContext, signInToken: string) {
  if (!signInTokenPattern.test(signInToken)) return null
  const [attempt] = await deleteAttempt(em, { hash: hashSecret(signInToken, settings.tokenHashKey) })
  return attempt !== undefined && attempt.expiresAt > now.toISOString() ? attempt : null
}

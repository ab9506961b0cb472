import type { StartedSession } from '../account/start-session.ts'
import type { Credentials } from '../account/verify-credentials.ts'
import type { LongRequestContext, RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/token-secret.ts'
import { throwInvalid } from '../shared/errors.ts'
import { atProvider } from './at-provider.ts'
import { verifyCallback } from './openid.ts'
import { openidClientOf } from './openid-client-of.ts'
import { parseUrl } from './provider-url.ts'
import { signInAsLinkedAccount } from './sign-in-as-linked-account.ts'
import { deleteAttempt } from './sso-attempt-store.ts'
import { ssoCharge } from './sso-charge.ts'
import { findProviderById } from './sso-provider-store.ts'
import { throwProviderFailed, throwSsoSignInFailed } from './throw-provider-failed.ts'

export interface CompleteSsoSignInInput {
  readonly signInToken: string
  /** The whole URL that the provider sent the browser to. */
  readonly callbackUrl: string
  /** The credentials of an existing account, to link it to the one at the provider. */
  readonly link?: Credentials | null | undefined
}

/**
 * Completes a sign-in through an organization's provider. It can be tried once: the started sign-in ends, also if it
 * fails.
 *
 * Throws `InvalidInput` (INVALID, SIGN_IN_FAILED, TAKEN) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function completeSsoSignIn(
  context: LongRequestContext,
  input: CompleteSsoSignInInput,
): Promise<StartedSession> {
  const url =
    parseUrl(input.callbackUrl) ??
    throwInvalid('INVALID', ['input', 'callbackUrl'], 'Give the whole address that the provider sent the browser to.')
  const attempt = await takeAttempt(context, input.signInToken)
  const provider = attempt && (await findProviderById(context.em, attempt.organizationId))
  if (attempt === null) context.limits.note(await context.guesses.charge([ssoCharge(context)]))
  if (attempt === null || provider === null) throwSsoSignInFailed(['input'])
  const callback = new URL(attempt.redirectUri)
  if (url.origin !== callback.origin || url.pathname !== callback.pathname) throwSsoSignInFailed(['input'])

  // No transaction is open meanwhile, so that a slow provider does not occupy a connection to the database.
  callback.search = url.search
  const waitFor = <T>(work: () => Promise<T>) => atProvider(context, provider.organizationId, work)
  const client = openidClientOf(context, provider)
  const verified = await waitFor(() => verifyCallback(client, callback, attempt)).catch(throwProviderFailed(['input']))
  const account = { ...verified, profile: () => waitFor(verified.profile) }
  const session = await signInAsLinkedAccount(context, provider, account, input.link ?? null)
  await context.guesses.giveBack([ssoCharge(context)])
  return session
}

const signInTokenPattern = /^[\w-]{43}$/

/** Deletes a started sign-in and returns it. Null if it does not exist or has expired. */
async function takeAttempt({ em, settings, now }: RequestContext, signInToken: string) {
  if (!signInTokenPattern.test(signInToken)) return null
  const attempt = await deleteAttempt(em, hashSecret(signInToken, settings.tokenHashKey))
  return attempt !== null && attempt.expiresAt > now.toISOString() ? attempt : null
}

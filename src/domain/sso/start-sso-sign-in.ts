import { randomBytes } from 'node:crypto'
import { toNamespaceName } from '../model/namespace.ts'
import { SsoAttempt } from '../model/sso-tables.ts'
import type { LongRequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/token-secret.ts'
import { minuteSeconds, secondsAfter } from '../shared/duration.ts'
import { throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { atProvider } from './at-provider.ts'
import { beginSignIn } from './openid.ts'
import { openidClientOf } from './openid-client-of.ts'
import { deleteExpiredAttempts } from './sso-attempt-store.ts'
import { ssoCharge } from './sso-charge.ts'
import { findProviderByName } from './sso-provider-store.ts'
import { throwProviderFailed } from './throw-provider-failed.ts'

export interface StartSsoSignInInput {
  readonly organization: string
  readonly redirectUri: string
}

export interface StartedSsoSignIn {
  /** The URL at the provider that the browser opens. */
  readonly authorizationUrl: string
  /** A secret for the browser that started the sign-in. */
  readonly signInToken: string
  readonly expiresAt: Date
}

const attemptLifetimeSeconds = 10 * minuteSeconds

/**
 * Starts a sign-in through an organization's provider. An unknown organization and one without a provider cause the
 * same error. The sign-in counts as a failure until it is completed.
 *
 * Throws `InvalidInput` (NOT_FOUND, INVALID, SIGN_IN_FAILED) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function startSsoSignIn(
  context: LongRequestContext,
  input: StartSsoSignInInput,
): Promise<StartedSsoSignIn> {
  context.limits.note(await context.guesses.charge([ssoCharge(context)]))
  const provider = await findProviderByName(context.em, toNamespaceName(input.organization))
  if (provider === null)
    throwInvalid(
      'NOT_FOUND',
      ['input', 'organization'],
      'There is no organization of this name that has its own sign-in. Check the name, or sign in with your password.',
    )
  if (!provider.redirectUris.includes(input.redirectUri))
    throwInvalid(
      'INVALID',
      ['input', 'redirectUri'],
      'Give one of the addresses that the organization has configured for sign-ins to come back to, to the letter.',
    )

  const client = openidClientOf(context, provider)
  const begun = await atProvider(context, provider.organizationId, () => beginSignIn(client, input.redirectUri)).catch(
    throwProviderFailed(['input', 'organization']),
  )
  const signInToken = randomBytes(32).toString('base64url')
  const expiresAt = secondsAfter(context.now, attemptLifetimeSeconds)
  await context.em.transactional(async (em) => {
    await deleteExpiredAttempts(em, provider.organizationId, context.now)
    em.create(SsoAttempt, {
      id: newId('sso', context.now),
      organization: provider.organizationId,
      secretHash: hashSecret(signInToken, context.settings.tokenHashKey),
      state: begun.state,
      nonce: begun.nonce,
      codeVerifier: begun.codeVerifier,
      redirectUri: input.redirectUri,
      createdAt: context.now,
      expiresAt,
    })
  })
  return { authorizationUrl: begun.authorizationUrl, signInToken, expiresAt }
}

import { randomBytes } from 'node:crypto'
import { toNamespaceName } from '../model/namespace.ts'
import { SsoAttempt } from '../model/sso-tables.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { kysely } from '../sql/tables.ts'
import { findProviderByName, openidClientOf } from './find-sso-provider.ts'
import { beginSignIn } from './openid.ts'
import { ssoCharge } from './sso-charge.ts'
import { throwProviderFailed } from './throw-provider-failed.ts'

export interface StartSsoSignInInput {
  readonly organization: string
  readonly redirectUri: string
}

export interface StartedSsoSignIn {
  /** Where the browser goes. */
  readonly authorizationUrl: string
  /** A secret that only the browser has in which the sign-in was begun. */
  readonly signInToken: string
  readonly expiresAt: Date
}

const attemptLifetimeSeconds = 10 * 60

/**
 * Begins a sign-in through an organization's provider. Whoever asks is answered alike where there is no such organization
 * and where it has no provider.
 *
 * It counts as a failure until it is completed. Throws `InvalidInput` (NOT_FOUND, INVALID, SIGN_IN_FAILED) and `Denied`
 * (TOO_MANY_REQUESTS).
 */
export async function startSsoSignIn(context: RequestContext, input: StartSsoSignInInput): Promise<StartedSsoSignIn> {
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

  const begun = await beginSignIn(openidClientOf(context, provider), input.redirectUri).catch(
    throwProviderFailed(['input', 'organization']),
  )
  const signInToken = randomBytes(32).toString('base64url')
  const expiresAt = new Date(context.now.getTime() + attemptLifetimeSeconds * 1000)
  await context.em.transactional(async (em) => {
    await kysely(em)
      .deleteFrom('sso_attempt')
      .where('organization_id', '=', provider.organizationId)
      .where('expires_at', '<=', context.now.toISOString())
      .execute()
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

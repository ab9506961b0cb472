import { z } from 'zod'
import { requireOrganizationEditor } from '../account/require-organization.ts'
import { providersOfNetwork, providersOfOrganization } from '../guess/budgets.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { LongRequestContext } from '../policy/request-context.ts'
import { encrypt } from '../secrets/secret-key.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { throwInvalid } from '../shared/errors.ts'
import { list, parseInput } from '../shared/input.ts'
import { text } from '../shared/text.ts'
import { atProvider } from './at-provider.ts'
import { discoverProvider, ProviderFailed, providerTimeoutSeconds } from './openid.ts'
import { isPlainAddress, isSafeTransport, parseUrl } from './provider-url.ts'
import { deleteAttemptsOf } from './sso-attempt-store.ts'
import { insertOrReplaceProvider, type SsoProviderRow } from './sso-provider-store.ts'

export interface ConfigureSsoInput {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUris: readonly string[]
}

const maxRedirectUris = 20

const shape = {
  clientId: text({ name: 'client id', minLength: 1, maxLength: 200 }),
  clientSecret: text({ name: 'client secret', minLength: 1, maxLength: 1_000 }),
  redirectUris: list(
    z
      .string()
      .refine(
        isRedirectUri,
        'Give an https address with a path and without query, such as https://frontend.example.com/callback. ' +
          'Plain http is for this machine only.',
      ),
    { min: 1, max: maxRedirectUris, message: `Give 1 to ${maxRedirectUris} addresses for sign-ins to come back to.` },
  ).transform((uris) => [...new Set(uris)]),
  issuer: text({ name: 'issuer', minLength: 1, maxLength: 500 }).refine(
    isIssuer,
    'Give the issuer as its provider states it: an https address without query, such as https://login.example.com. ' +
      'Plain http is for this machine only.',
  ),
}

// OpenID Connect Discovery 1.0, section 4: an issuer has no query and no fragment.
function isIssuer(issuer: string): boolean {
  const url = parseUrl(issuer)
  const isPlain = url !== null && [issuer, `${issuer}/`].some((written) => isPlainAddress(url, written))
  return isPlain && isSafeTransport(url) && !url.pathname.includes('/.well-known/')
}

function isRedirectUri(uri: string): boolean {
  const url = parseUrl(uri)
  return url !== null && uri.length <= 500 && isPlainAddress(url, uri) && isSafeTransport(url)
}

/**
 * Configures the OpenID provider of an organization, or replaces it. Postern requests the provider's configuration
 * before it stores anything. Started sign-ins end. A provider that fails counts as a failure.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN, TOO_MANY_REQUESTS) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function configureSso(
  context: LongRequestContext,
  name: string,
  input: ConfigureSsoInput,
): Promise<SsoProviderRow> {
  const organization = await requireOrganizationEditor(context.em, context.principal, name, ['organization'])
  const { clientSecret, ...wanted } = parseInput(shape, input)
  const { clientId, redirectUris } = wanted

  const attempt = [
    { budget: providersOfOrganization, subject: organization.id },
    { budget: providersOfNetwork, subject: clientNetwork(context.origin.ipAddress) },
  ]
  context.limits.note(await context.guesses.charge(attempt))
  const issuer = await atProvider(context, organization.id, () =>
    discoverProvider({ issuer: wanted.issuer, clientId, clientSecret }),
  ).catch(throwIssuerFailed)
  await context.guesses.giveBack(attempt)
  // The caller may have been removed while Postern waited for the provider.
  const caller = await context.reauthenticate()
  const { id: organizationId } = await requireOrganizationEditor(context.em, caller, name, ['organization'])
  const provider = { organizationId, issuer, clientId, redirectUris, createdAt: context.now.toISOString() }
  await context.em.transactional(async (em) => {
    await insertOrReplaceProvider(em, provider, encrypt(Buffer.from(clientSecret), context.settings.encryptionKey))
    await deleteAttemptsOf(em, organizationId)
    recordActivity(context, em, {
      namespaceId: organizationId,
      action: 'organization.sso_configure',
      target: name,
      data: { issuer, clientId },
    })
  })
  return provider
}

function throwIssuerFailed(error: unknown): never {
  if (!(error instanceof ProviderFailed)) throw error
  // The same error for every reason, so that it does not disclose what else this server reaches.
  throwInvalid(
    'INVALID',
    ['input', 'issuer'],
    `No OpenID provider of this issuer responded within ${providerTimeoutSeconds} seconds. ` +
      "Check that its configuration is at the issuer's address, followed by /.well-known/openid-configuration.",
  )
}

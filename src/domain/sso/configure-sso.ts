import { requireOrganizationEditor } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { LongRequestContext } from '../policy/request-context.ts'
import { encrypt } from '../secrets/secret-key.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { parseText } from '../shared/text.ts'
import { kysely } from '../sql/tables.ts'
import type { SsoProviderRow } from './find-sso-provider.ts'
import { discoverProvider, ProviderFailed, providerTimeoutSeconds } from './openid.ts'
import { isPlainAddress, isSafeTransport, parseUrl } from './provider-url.ts'

export interface ConfigureSsoInput {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUris: readonly string[]
}

const issuerRule = { name: 'issuer', minLength: 1, maxLength: 500 }
const clientIdRule = { name: 'client id', minLength: 1, maxLength: 200 }
const clientSecretRule = { name: 'client secret', minLength: 1, maxLength: 1_000 }
const maxRedirectUris = 20

/**
 * Has the members of an organization sign in through an OpenID provider, in place of the one that they had. The provider
 * is asked for its configuration before anything is kept. Sign-ins that are under way are over.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function configureSso(
  context: LongRequestContext,
  name: string,
  input: ConfigureSsoInput,
): Promise<SsoProviderRow> {
  await requireOrganizationEditor(context.em, context.principal, name, ['organization'])
  const errors = new InputErrors()
  const clientId = parseText(input.clientId, clientIdRule, ['input', 'clientId'], errors)
  const clientSecret = parseText(input.clientSecret, clientSecretRule, ['input', 'clientSecret'], errors)
  const redirectUris = parseRedirectUris(input.redirectUris, errors)
  const wanted = parseIssuer(input.issuer, errors)
  errors.throwIfAny()

  const issuer = await discoverProvider({ issuer: wanted, clientId, clientSecret }).catch(throwIssuerFailed)
  // The caller may have been removed while the provider was asked.
  const organization = await requireOrganizationEditor(context.em, await context.reauthenticate(), name, [
    'organization',
  ])
  const provider = {
    organizationId: organization.id,
    issuer,
    clientId,
    redirectUris,
    createdAt: context.now.toISOString(),
  }
  await context.em.transactional(async (em) => {
    const columns = {
      issuer,
      client_id: clientId,
      encrypted_client_secret: encrypt(Buffer.from(clientSecret), context.settings.encryptionKey),
      redirect_uris: redirectUris,
      created_at: provider.createdAt,
    }
    await kysely(em)
      .insertInto('sso_provider')
      .values({ organization_id: organization.id, ...columns })
      .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(columns))
      .execute()
    await kysely(em).deleteFrom('sso_attempt').where('organization_id', '=', organization.id).execute()
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'organization.sso_configure',
      target: name,
      data: { issuer, clientId },
    })
  })
  return provider
}

// OpenID Connect Discovery 1.0, section 4: an issuer has no query and no fragment.
function parseIssuer(text: string, errors: InputErrors): string {
  const path = ['input', 'issuer']
  const issuer = parseText(text, issuerRule, path, errors)
  const url = parseUrl(issuer)
  const isPlain = url !== null && [issuer, `${issuer}/`].some((written) => isPlainAddress(url, written))
  if (issuer !== '' && (!isPlain || !isSafeTransport(url) || url.pathname.includes('/.well-known/')))
    errors.add(
      'INVALID',
      path,
      'Give the issuer as its provider states it: an https address without query, such as https://login.example.com. ' +
        'Plain http is for this machine only.',
    )
  return issuer
}

function parseRedirectUris(texts: readonly string[], errors: InputErrors): string[] {
  const path = ['input', 'redirectUris']
  if (texts.length < 1 || texts.length > maxRedirectUris) {
    errors.add('INVALID', path, `Give 1 to ${maxRedirectUris} addresses for sign-ins to come back to.`)
    return []
  }
  for (const [index, text] of texts.entries()) {
    const url = parseUrl(text)
    if (url === null || text.length > 500 || !isPlainAddress(url, text) || !isSafeTransport(url))
      errors.add(
        'INVALID',
        [...path, String(index)],
        'Give an https address with a path and without query, such as https://frontend.example.com/callback. ' +
          'Plain http is for this machine only.',
      )
  }
  return [...new Set(texts)]
}

function throwIssuerFailed(error: unknown): never {
  if (!(error instanceof ProviderFailed)) throw error
  // One sentence for every reason: the answer tells nothing of what else this server reaches.
  throwInvalid(
    'INVALID',
    ['input', 'issuer'],
    `No OpenID provider of this issuer answered within ${providerTimeoutSeconds} seconds. ` +
      "Check that its configuration is at the issuer's address, followed by /.well-known/openid-configuration.",
  )
}

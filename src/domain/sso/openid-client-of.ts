import type { RequestContext } from '../policy/request-context.ts'
import { decrypt } from '../secrets/secret-key.ts'
import type { OpenidClient } from './openid.ts'
import type { ConfiguredProvider } from './sso-provider-store.ts'

/** Postern as a client of the provider. */
export function openidClientOf({ settings }: RequestContext, provider: ConfiguredProvider): OpenidClient {
  const clientSecret = decrypt(Buffer.from(provider.encryptedClientSecret), settings.encryptionKey).toString()
  return { issuer: provider.issuer, clientId: provider.clientId, clientSecret }
}

import { hashSecret } from '../deployment/secret-key.ts'
import { recognizeSecret } from '../token/token-secret.ts'
import type { RegistryCall } from './lookups.ts'
import type { OrganizationTokenPrincipal } from './principal.ts'

/**
 * The principal behind the username and password of a `docker login`: an organization's name with one of its tokens.
 * Null for anything else, whatever the reason; a session is no password.
 */
export async function authenticateLogin(
  { lookups, settings }: Omit<RegistryCall, 'principal'>,
  username: string,
  password: string,
): Promise<OrganizationTokenPrincipal | null> {
  const secret = recognizeSecret(settings.tokenBrand, password)
  if (secret?.kind !== 'oat') return null
  const principal = await lookups.organizationToken(hashSecret(secret.reveal(), settings.tokenHashKey))
  return principal?.organization.name === username ? principal : null
}

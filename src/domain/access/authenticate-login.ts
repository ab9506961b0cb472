import type { EntityManager } from '@mikro-orm/postgresql'
import { recognizeSecret } from '../token/token-secret.ts'
import { type AuthenticationSettings, findPrincipal } from './authenticate.ts'
import type { OrganizationTokenPrincipal } from './principal.ts'

/**
 * The principal behind the username and password of a `docker login`: an organization's name with one of its tokens.
 * Null for anything else, whatever the reason; a session is no password.
 */
export async function authenticateLogin(
  em: EntityManager,
  username: string,
  password: string,
  settings: AuthenticationSettings,
  now: Date,
): Promise<OrganizationTokenPrincipal | null> {
  const secret = recognizeSecret(settings.tokenBrand, password)
  if (secret?.kind !== 'oat') return null
  const principal = await findPrincipal(em, secret, settings, now)
  return principal?.kind === 'ORGANIZATION_TOKEN' && principal.organization.name === username ? principal : null
}

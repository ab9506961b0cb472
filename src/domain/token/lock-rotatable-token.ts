import type { EntityManager } from '@mikro-orm/postgresql'
import type { UsableSecret } from '../identity/secret-store.ts'
import type { AccessToken } from '../model/access-token.ts'
import { Organization, type OrganizationPolicy } from '../model/organization.ts'
import type { OrganizationTokenPrincipal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { tokenForbidden, tokenLacks } from '../policy/require.ts'
import { holdsSelfRotation, mayRotateToken } from '../policy/token-policy.ts'
import { Denied } from '../shared/errors.ts'
import { lockManagedToken, throwUnknownToken } from './require-token.ts'
import { lockToken } from './token-store.ts'

/**
 * The token with this id, locked, which the caller may rotate: a token that a person manages, or an organization token
 * itself. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function lockRotatableToken(context: RequestContext, em: EntityManager, id: string): Promise<AccessToken> {
  const { principal } = context
  if (principal.kind !== 'ORGANIZATION_TOKEN') return lockManagedToken(context, em, id)
  const organization = await em.findOneOrFail(Organization, { id: principal.organization.id })
  checkSelfRotation(principal, id, organization)
  // Another request may have deleted it since the caller was authenticated.
  return (await lockToken(em, id)) ?? throwUnknownToken()
}

/** Throws `Denied` (FORBIDDEN) unless an organization token may rotate the token with this id, which is itself. */
export function checkSelfRotation(
  principal: OrganizationTokenPrincipal,
  id: string,
  policy: Pick<OrganizationPolicy, 'allowTokenSelfRotation'>,
): void {
  const { organization, token } = principal
  const facts = { id, namespaceId: organization.id, allowsSelfRotation: policy.allowTokenSelfRotation }
  if (mayRotateToken(principal, facts)) return
  if (id !== token.id) throw tokenForbidden()
  if (!holdsSelfRotation(principal)) throw tokenLacks('TOKEN_ROTATE_SELF')
  throw new Denied(
    'FORBIDDEN',
    `The policy of the organization ${organization.name} does not let access tokens rotate themselves. ` +
      'Ask an owner to allow it, or to rotate this token.',
  )
}

/**
 * Throws `Denied` (FORBIDDEN) unless a token may rotate itself with this secret: the newest, or an older one while the
 * newest was never used, because the response with it may have been lost. So a secret that leaked before a rotation
 * cannot take the token back. Exact only while the token is locked.
 */
export function checkRotatingSecret(secretId: string, usable: readonly UsableSecret[]): void {
  const used = usable.find(({ id }) => id === secretId)
  const newest = usable.find(({ expiresAt }) => expiresAt === null)
  if (used !== undefined && newest !== undefined && (used === newest || outlives(used, newest))) return
  throw new Denied('FORBIDDEN', 'A rotation has replaced this secret. Use the new one.')
}

/** Whether an older secret is still valid beside an unused one. A concurrent rotation may have just ended it. */
function outlives(older: UsableSecret, newest: UsableSecret): boolean {
  return newest.lastUsedAt === null && new Date(older.expiresAt ?? 0) > new Date(newest.createdAt)
}

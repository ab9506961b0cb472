import type { EntityManager } from '@mikro-orm/postgresql'
import { type AccessToken, isSuspending, statusOf } from '../model/access-token.ts'
import type { PlanLimits } from '../model/plan.ts'
import { mayManageTokens } from '../policy/policy.ts'
import { organizationAccessById, usedToken } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { idPrefixOf } from '../shared/id.ts'
import { findTokensById, lockToken, type OwnedToken } from './token-store.ts'

/** The token with this id; null if the caller cannot see it, whether it exists or not. */
export async function findVisibleToken(context: RequestContext, id: string): Promise<OwnedToken | null> {
  const [token = null] = await findVisibleTokens(context, [id])
  return token
}

/** The tokens with these ids that the caller can see, in no order. At most one statement. */
export async function findVisibleTokens(
  { em, principal }: RequestContext,
  ids: readonly string[],
): Promise<OwnedToken[]> {
  const used = usedToken(principal)
  // A token sees only itself.
  const visible = ids.filter((id) => idPrefixOf(id) === 'tok' && (used === null || id === used.id))
  if (visible.length === 0) return []
  const tokens = await findTokensById(em, visible)
  return tokens.filter(({ id, owner }) => id === used?.id || mayManageTokens(principal, owner.id))
}

/**
 * The token with this id, locked, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access
 * token) and `InvalidInput` (NOT_FOUND), the same for tokens that do not exist and that the caller does not manage.
 */
export async function lockManagedToken(context: RequestContext, em: EntityManager, id: string): Promise<AccessToken> {
  requirePerson(context.principal)
  const token = await lockToken(em, id)
  if (token === null || !mayManageTokens(context.principal, token.namespace)) throwUnknownToken()
  return token
}

/** Throws `InvalidInput` (NOT_FOUND), whether the token does not exist or the caller does not manage it. */
export function throwUnknownToken(): never {
  throwInvalid('NOT_FOUND', ['id'], 'There is no token of this id that you manage. Check the id.')
}

/** The limits of the plan that a token which the caller manages depends on. Null for a personal token. */
export function planOf({ principal, settings }: RequestContext, { access, namespace }: AccessToken): PlanLimits | null {
  const organization = access === null ? organizationAccessById(principal, namespace)?.organization : undefined
  return organization === undefined ? null : settings.plans[organization.plan]
}

/** Throws `InvalidInput` (TOKEN_EXPIRED): an expired token can only be deleted. */
export function requireUnexpired(token: AccessToken, now: Date): void {
  if (statusOf(token, null, now) === 'EXPIRED')
    throwInvalid('TOKEN_EXPIRED', ['id'], 'This token has expired and can only be deleted. Generate a new one.')
}

/** Throws `InvalidInput` (TOKEN_INACTIVE, TOKEN_EXPIRED) for a token that is either. A suspended one may be active. */
export function requireNotInactive(token: AccessToken, now: Date): void {
  requireUnexpired(token, now)
  if (statusOf(token, null, now) === 'INACTIVE')
    throwInvalid(
      'TOKEN_INACTIVE',
      ['id'],
      token.access === null ? inactiveOfOrganization : 'Activate this token first.',
    )
}

const inactiveOfOrganization =
  'This organization token is inactive and can only be deleted, ' +
  'unless the policy of the organization lets you activate it.'

/** Throws `InvalidInput` (PLAN_REQUIRED) for a token that is suspended, or would be if it were active. */
export function requireUnsuspended(context: RequestContext, token: AccessToken): void {
  if (isSuspending(planOf(context, token)))
    throwInvalid(
      'PLAN_REQUIRED',
      ['id'],
      "The organization's plan has no tokens, so this token is suspended. Ask an administrator to change the plan, " +
        'or delete the token.',
    )
}

/** Throws `InvalidInput` (TOKEN_INACTIVE, TOKEN_EXPIRED, PLAN_REQUIRED) unless the token is active. */
export function requireActive(context: RequestContext, token: AccessToken): void {
  requireNotInactive(token, context.now)
  requireUnsuspended(context, token)
}

/**
 * Throws `InvalidInput` (TOKEN_EXPIRED), and for organization tokens also TOKEN_INACTIVE and PLAN_REQUIRED. Personal
 * tokens can be changed until they expire.
 */
export function requireChangeable(context: RequestContext, token: AccessToken): void {
  if (token.access === null) requireActive(context, token)
  else requireUnexpired(token, context.now)
}

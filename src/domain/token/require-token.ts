import type { EntityManager } from '@mikro-orm/postgresql'
import { AccessToken, statusOf } from '../model/access-token.ts'
import { mayManageTokens } from '../policy/policy.ts'
import { usedToken } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { idPrefixOf } from '../shared/id.ts'
import { lockEntity } from '../sql/lock-entity.ts'
import { findToken, findTokensById, type OwnedToken } from './find-token.ts'

/** The token of that id, when the caller may see it; else null, whether it exists or not. */
export async function findVisibleToken(context: RequestContext, id: string): Promise<OwnedToken | null> {
  if (idPrefixOf(id) !== 'tok') return null
  const token = await findToken(context.em, id)
  if (token === null) return null
  const isItself = usedToken(context.principal)?.id === token.id
  return isItself || mayManageTokens(context.principal, token.owner.id) ? token : null
}

/** Those of the tokens with these ids that the caller may see, in no order. One statement, or none. */
export async function findVisibleTokens(
  { em, principal }: RequestContext,
  ids: readonly string[],
): Promise<OwnedToken[]> {
  const used = usedToken(principal)
  // A token sees none but itself.
  const asked = used === null ? ids : ids.filter((id) => id === used.id)
  if (asked.length === 0) return []
  const tokens = await findTokensById(em, asked)
  return tokens.filter(({ id, owner }) => id === used?.id || mayManageTokens(principal, owner.id))
}

/**
 * The token of that id, locked, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access
 * token) and `InvalidInput` (NOT_FOUND), the same for one that does not exist and one that is not the caller's to manage.
 */
export async function lockManagedToken(context: RequestContext, em: EntityManager, id: string): Promise<AccessToken> {
  requirePerson(context.principal)
  const token = await lockEntity(em, AccessToken, 'tok', id)
  if (token === null || !mayManageTokens(context.principal, token.namespace))
    throwInvalid('NOT_FOUND', ['id'], 'There is no token of this id that you manage. Check the id.')
  return token
}

/** Throws `InvalidInput` (TOKEN_EXPIRED): with an expired token nothing can be done but to delete it. */
export function requireUnexpired(token: AccessToken, now: Date): void {
  if (statusOf(token, now) === 'EXPIRED')
    throwInvalid('TOKEN_EXPIRED', ['id'], 'This token has expired and can only be deleted. Generate a new one.')
}

/** Throws `InvalidInput` (TOKEN_INACTIVE, TOKEN_EXPIRED) unless the token is active. */
export function requireActive(token: AccessToken, now: Date): void {
  requireUnexpired(token, now)
  if (statusOf(token, now) === 'INACTIVE')
    throwInvalid(
      'TOKEN_INACTIVE',
      ['id'],
      token.access === null ? inactiveOfOrganization : 'Activate this token first.',
    )
}

const inactiveOfOrganization =
  'This organization token is inactive and can only be deleted, unless the policy of the organization lets you activate it.'

/**
 * Throws `InvalidInput` (TOKEN_EXPIRED), and for a token of an organization also TOKEN_INACTIVE: one of a person can be
 * changed at any time before it expires.
 */
export function requireChangeable(token: AccessToken, now: Date): void {
  if (token.access === null) requireActive(token, now)
  else requireUnexpired(token, now)
}

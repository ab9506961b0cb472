import { heldByToken, mayManageTokens } from './policy.ts'
import type { OrganizationTokenPrincipal, Principal } from './principal.ts'

/* The part of the policy (see policy.ts) about what organization tokens may do with themselves. */

/** The facts about a token that the policy needs. */
export interface TokenFacts {
  readonly id: string
  readonly namespaceId: string
  /** Whether the policy of its organization lets tokens rotate themselves. False for personal tokens. */
  readonly allowsSelfRotation: boolean
}

/**
 * People who manage a token rotate it. So does an organization token itself, with TOKEN_ROTATE_SELF, where the policy
 * of its organization allows it. No token rotates another (docs/decisions/0045).
 */
export function mayRotateToken(principal: Principal, token: TokenFacts): boolean {
  if (principal.kind !== 'ORGANIZATION_TOKEN') return mayManageTokens(principal, token.namespaceId)
  return (
    principal.organization.id === token.namespaceId &&
    principal.token.id === token.id &&
    holdsSelfRotation(principal) &&
    token.allowsSelfRotation
  )
}

/** Whether the scopes of an organization token contain TOKEN_ROTATE_SELF. */
export function holdsSelfRotation({ scopes }: OrganizationTokenPrincipal): boolean {
  return heldByToken(scopes).has('TOKEN_ROTATE_SELF')
}

/** Whether an organization token reads its own activity and usage. */
export function mayReadItself({ scopes }: OrganizationTokenPrincipal): boolean {
  return heldByToken(scopes).has('TOKEN_READ')
}

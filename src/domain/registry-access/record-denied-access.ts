import type { Permission } from '../model/permission.ts'
import { usedToken, usedTokenOwnerId } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'

/**
 * Records that the token of a request was denied a permission on a repository, or one more pull. Requests without a
 * token are not recorded.
 */
export function recordDeniedAccess(
  context: RequestContext,
  what: { readonly repository: string; readonly permission: Permission } | 'PULL_LIMIT_REACHED',
): void {
  const namespaceId = usedTokenOwnerId(context.principal)
  if (namespaceId === null) return
  const subject = { namespaceId, tokenId: usedToken(context.principal)?.id ?? null }
  context.refusals.note(
    context,
    what === 'PULL_LIMIT_REACHED' ? { subject, reason: what } : { subject, reason: 'PERMISSION_MISSING', ...what },
  )
}

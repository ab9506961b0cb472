import type { Permission } from '../model/permission.ts'
import type { Call } from '../policy/call.ts'
import { usedToken, usedTokenOwnerId } from '../policy/principal.ts'

/**
 * Notes that the token of a call was refused something: a permission on a repository, or else one more pull. What somebody was
 * refused who used none is theirs to know, and nobody else's.
 */
export function noteUngranted(
  call: Call,
  what: { readonly repository: string; readonly permission: Permission } | 'PULL_LIMIT_REACHED',
): void {
  const namespaceId = usedTokenOwnerId(call.principal)
  if (namespaceId === null) return
  const subject = { namespaceId, tokenId: usedToken(call.principal)?.id ?? null }
  call.refusals.note(
    call,
    what === 'PULL_LIMIT_REACHED' ? { subject, reason: what } : { subject, reason: 'PERMISSION_MISSING', ...what },
  )
}

import { hasOrganizationPermission } from '../policy/policy.ts'
import type { Principal } from '../policy/principal.ts'
import type { GroupRow } from './group-store.ts'

/** The group, if the caller can see it. Null if not, whether it exists or not. */
export function visibleGroup(principal: Principal, group: GroupRow | null): GroupRow | null {
  return group !== null && hasOrganizationPermission(principal, group.organizationId, 'GROUP_READ') ? group : null
}

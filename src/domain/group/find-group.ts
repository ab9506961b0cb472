import { hasOrganizationPermission } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { findGroupsById, type GroupRow } from './group-store.ts'

/** The group with that id, if the caller can see it. Null if not, whether it exists or not. */
export async function findVisibleGroup({ em, principal }: RequestContext, id: string): Promise<GroupRow | null> {
  if (idPrefixOf(id) !== 'grp') return null
  const [group] = await findGroupsById(em, [id])
  return group !== undefined && hasOrganizationPermission(principal, group.organizationId, 'GROUP_READ') ? group : null
}

import { hasOrganizationPermission } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { type ActivityEventRow, findEvent } from './activity-event-store.ts'

/**
 * The event with that id, if the caller may read the activity of its organization. Null if not, or if it does not
 * exist.
 */
export async function findActivityEvent(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  id: string,
): Promise<ActivityEventRow | null> {
  if (idPrefixOf(id) !== 'evt') return null
  // The organization is first in the key, so only those of the caller are searched.
  const organizationIds = organizationsOf(principal).filter((each) =>
    hasOrganizationPermission(principal, each, 'ACTIVITY_READ'),
  )
  return organizationIds.length === 0 ? null : findEvent(em, organizationIds, id)
}

function organizationsOf(principal: Principal): string[] {
  if (principal.kind === 'ORGANIZATION_TOKEN') return [principal.organization.id]
  return [...(actingPerson(principal)?.organizationAccess.keys() ?? [])]
}

import { checkOrganizationPermission, type SeenOrganization } from '../account/require-organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { type ActivityEventRow, countEvents, listEvents } from './activity-event-store.ts'
import { type ActivityFilter, checkFilter } from './activity-filter.ts'

/** The page size if a request does not set one. */
export const defaultActivityPageSize = 50

/**
 * The activity of an organization, newest first. Throws `Denied` (FORBIDDEN; BAD_USER_INPUT for the cursor of another
 * list, and a filter that no event can match).
 */
export async function listActivity(
  { em, principal }: RequestContext,
  organization: SeenOrganization,
  page: PageRequest,
  filter: ActivityFilter,
): Promise<Page<ActivityEventRow>> {
  checkOrganizationPermission(principal, organization, 'ACTIVITY_READ')
  if (page.cursor !== null && idPrefixOf(page.cursor) !== 'evt') throw foreignCursor()
  checkFilter(filter)
  return toPage(
    await listEvents(em, organization.id, filter, page),
    page,
    ({ id }) => id,
    () => countEvents(em, organization.id, filter),
  )
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { requireInOrganization } from '../account/require-organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type ExportedEvent, listExportedEvents } from './activity-event-store.ts'
import { type ActivityFilter, checkFilter } from './activity-filter.ts'

const eventsPerPage = 1_000

/**
 * The activity of an organization, oldest first, so that a later export can continue after this one. Each page is
 * loaded when it is read, and no cursor or transaction is open between two pages.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT for a filter that no event can match) and `InvalidInput`
 * (NOT_FOUND).
 */
export async function exportActivity(
  { em, principal }: RequestContext,
  organizationName: string,
  filter: ActivityFilter,
): Promise<AsyncGenerator<readonly ExportedEvent[]>> {
  const path = ['organization']
  const { id } = await requireInOrganization(em, principal, organizationName, path, 'ACTIVITY_READ')
  checkFilter(filter)
  return pagesOf(em, id, filter)
}

async function* pagesOf(em: EntityManager, organizationId: string, filter: ActivityFilter) {
  let after = ''
  for (;;) {
    const page = await listExportedEvents(em, organizationId, filter, after, eventsPerPage)
    yield page
    const last = page.at(-1)
    if (last === undefined || page.length < eventsPerPage) return
    after = last.id
  }
}

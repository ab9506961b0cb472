import {
  checkOrganizationPermission,
  requireInOrganization,
  type SeenOrganization,
} from '../account/require-organization.ts'
import type { LongRequestContext } from '../policy/request-context.ts'
import { type ExportedEvent, listExportedEvents } from './activity-event-store.ts'
import { type ActivityFilter, checkFilter } from './activity-filter.ts'

const eventsPerPage = 1_000

/**
 * The activity of an organization up to the time of the request, oldest first, so that a later export can continue
 * after this one. Each page is loaded when it is read, and no cursor or transaction is open between two pages.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT for a filter that no event can match) and `InvalidInput`
 * (NOT_FOUND). So do the pages, if the caller has lost the right to read them.
 */
export async function exportActivity(
  context: LongRequestContext,
  organizationName: string,
  filter: ActivityFilter,
): Promise<AsyncGenerator<readonly ExportedEvent[]>> {
  const path = ['organization']
  const { em, principal, now } = context
  const organization = await requireInOrganization(em, principal, organizationName, path, 'ACTIVITY_READ')
  checkFilter(filter)
  return pagesOf(context, organization, until(now, filter))
}

/** Later events are left out, so that the export ends, and has nothing of the time after the caller lost a right. */
function until(now: Date, filter: ActivityFilter): ActivityFilter {
  const end = new Date(now.getTime() + 1)
  return { ...filter, to: filter.to && filter.to < end ? filter.to : end }
}

async function* pagesOf(context: LongRequestContext, organization: SeenOrganization, filter: ActivityFilter) {
  let after = ''
  for (;;) {
    const page = await listExportedEvents(context.em, organization.id, filter, after, eventsPerPage)
    yield page
    const last = page.at(-1)
    if (last === undefined || page.length < eventsPerPage) return
    after = last.id
    checkOrganizationPermission(await context.reauthenticate(), organization, 'ACTIVITY_READ')
  }
}

import { requireInOrganization } from '../account/require-organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { kysely } from '../sql/tables.ts'
import { type ActivityFilter, applyFilter, checkFilter } from './activity-filter.ts'
import { type ActivityEventRow, selectEvents } from './find-activity-event.ts'

/** An activity event as it is exported. */
export interface ExportedEvent extends ActivityEventRow {
  readonly requestId: string | null
}

const eventsPerPage = 1_000

/**
 * What happened to an organization, oldest first, so that a later export goes on where this one has ended. It is asked for
 * page by page, as it is read, and nothing is held between two pages.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT for a filter that nothing can pass) and `InvalidInput`
 * (NOT_FOUND).
 */
export async function exportActivity(
  context: RequestContext,
  organizationName: string,
  filter: ActivityFilter,
): Promise<AsyncGenerator<readonly ExportedEvent[]>> {
  const { id } = await requireInOrganization(
    context.em,
    context.principal,
    organizationName,
    ['organization'],
    'ACTIVITY_READ',
  )
  checkFilter(filter)
  return pagesOf(context, id, filter)
}

async function* pagesOf({ em }: RequestContext, organizationId: string, filter: ActivityFilter) {
  let after = ''
  for (;;) {
    const page: ExportedEvent[] = await applyFilter(selectEvents(kysely(em)), filter)
      .select('e.request_id as requestId')
      .where('e.namespace_id', '=', organizationId)
      .where('e.id', '>', after)
      .orderBy('e.id')
      .limit(eventsPerPage)
      .execute()
    yield page
    const last = page.at(-1)
    if (last === undefined || page.length < eventsPerPage) return
    after = last.id
  }
}

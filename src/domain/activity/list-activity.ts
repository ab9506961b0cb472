import type { RawBuilder } from 'kysely'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { countRows } from '../sql/count-rows.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import { type ActivityFilter, applyFilter, checkFilter } from './activity-filter.ts'
import { type ActivityEventRow, selectEvents } from './find-activity-event.ts'

/** How many events a page holds when nobody says. */
export const defaultActivityPageSize = 50

/**
 * What happened to an organization, newest first. Whether the caller may read it is decided before. Throws `Denied`
 * (BAD_USER_INPUT) for the cursor of another list, and a filter that nothing can pass.
 */
export async function listActivity(
  context: RequestContext,
  organizationId: string,
  page: PageRequest,
  filter: ActivityFilter,
): Promise<Page<ActivityEventRow>> {
  if (page.after !== null && idPrefixOf(page.after) !== 'evt') throw foreignCursor()
  checkFilter(filter)
  const matching = () =>
    applyFilter(selectEvents(kysely(context.em)).where('e.namespace_id', '=', organizationId), filter)
  const isNarrowed = Object.values(filter).some((each) => each !== null && each !== undefined)
  const limit = page.first + 1
  const after = page.after ?? afterEveryEvent
  const rows = isNarrowed
    ? await newestFirst(matching(), after, limit).execute()
    : await selectPage(context.em, { organizationId, after, limit })
  return toPage(
    rows,
    page,
    ({ id }) => id,
    () => countRows(matching()),
  )
}

type EventQuery = ReturnType<typeof selectEvents>

// Lists begin with the greatest id. Every event's is below this one, so that a first page is a page like any other.
const afterEveryEvent = 'evt_~'

function newestFirst(query: EventQuery, after: string | RawBuilder<string>, limit: number | RawBuilder<number>) {
  return query.where('e.id', '<', after).orderBy('e.id', 'desc').limit(limit)
}

// What nearly everybody asks for: a page without a filter.
const selectPage = statement((db, value: ValueOf<{ organizationId: string; after: string; limit: number }>) =>
  newestFirst(selectEvents(db).where('e.namespace_id', '=', value('organizationId')), value('after'), value('limit')),
)

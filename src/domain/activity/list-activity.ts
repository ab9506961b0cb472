import { type RawBuilder, sql } from 'kysely'
import { isNamespaceName } from '../account/namespace.ts'
import type { Call } from '../call.ts'
import { countRows } from '../count-rows.ts'
import { idPrefixOf, leastIdAt } from '../id.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../page.ts'
import { statement, type ValueOf } from '../statement.ts'
import { sqlOf } from '../tables.ts'
import { type ActivityEventRow, selectEvents } from './find-activity-event.ts'

/** How many events a page holds when nobody says. */
export const defaultActivityPageSize = 50

/** Which events to list. Absent members do not narrow the list; present ones all have to hold. */
export interface ActivityFilter {
  /** What happened: one of these actions. */
  readonly actions?: readonly string[] | null | undefined
  /** The name of who did it, as it was recorded. */
  readonly actor?: string | null | undefined
  /** The id of the token it was done to or with. */
  readonly token?: string | null | undefined
  /** The full name of the repository it was done to, or to a tag or an image of it. */
  readonly repository?: string | null | undefined
  /** At this moment or later. */
  readonly from?: Date | null | undefined
  /** Before this moment. */
  readonly to?: Date | null | undefined
}

/**
 * What happened to an organization, newest first. Whether the caller may read it is decided before. Throws `Denied`
 * (BAD_USER_INPUT) for the cursor of another list.
 */
export async function listActivity(
  call: Call,
  organizationId: string,
  page: PageRequest,
  filter: ActivityFilter,
): Promise<Page<ActivityEventRow>> {
  if (page.after !== null && idPrefixOf(page.after) !== 'evt') throw foreignCursor()
  const matching = () => applyFilter(selectEvents(sqlOf(call.em)).where('e.namespace_id', '=', organizationId), filter)
  const isNarrowed = Object.values(filter).some((each) => each !== null && each !== undefined)
  const limit = page.first + 1
  const after = page.after ?? afterEveryEvent
  const rows = isNarrowed
    ? await newestFirst(matching(), after, limit).execute()
    : await selectPage(call.em, { organizationId, after, limit })
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

function applyFilter(events: EventQuery, { actions, actor, token, repository, from, to }: ActivityFilter): EventQuery {
  let query = events
  if (actions) query = query.where('e.action', '=', sql<string>`any(${actions.map(storable)}::text[])`)
  if (typeof actor === 'string') query = query.where('e.actor_name', '=', isNamespaceName(actor) ? actor : '')
  if (typeof token === 'string') query = query.where('e.token_id', '=', idPrefixOf(token) === 'tok' ? token : '')
  if (typeof repository === 'string') {
    const name = storable(repository)
    query = query.where((where) =>
      where.or([
        where('e.target', '=', name),
        sql<boolean>`starts_with(e.target, ${`${name}:`})`,
        sql<boolean>`starts_with(e.target, ${`${name}@`})`,
      ]),
    )
  }
  // By the time in their ids, so that the key leads to them.
  if (from) query = query.where('e.id', '>=', leastIdAt('evt', from))
  if (to) query = query.where('e.id', '<', leastIdAt('evt', to))
  return query
}

// PostgreSQL would not even compare a text that holds U+0000, which no event has.
function storable(text: string): string {
  return text.includes('\u0000') ? '' : text
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { ActivityActor } from '../journal/record-activity.ts'
import { isNamespaceName } from '../model/namespace.ts'
import { idPrefixOf, leastIdAt } from '../shared/id.ts'
import type { PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { countRows } from '../sql/count-rows.ts'
import { selectPage } from '../sql/select-page.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'
import type { ActivityFilter } from './activity-filter.ts'

export interface ActivityEventRow {
  readonly id: string
  readonly organizationId: string
  readonly at: Timestamp
  readonly action: string
  readonly actorKind: ActivityActor['kind']
  readonly actorId: string | null
  readonly actorName: string
  readonly tokenId: string | null
  readonly tokenLabel: string | null
  readonly target: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: Readonly<Record<string, string>>
}

function selectEvents(db: Kysely<Tables>) {
  return db
    .selectFrom('activity_event as e')
    .select([
      'e.id',
      'e.namespace_id as organizationId',
      'e.at',
      'e.action',
      'e.actor_kind as actorKind',
      'e.actor_id as actorId',
      'e.actor_name as actorName',
      'e.token_id as tokenId',
      'e.token_label as tokenLabel',
      'e.target',
      sql<string | null>`abbrev(e.ip_address)`.as('ipAddress'),
      'e.user_agent as userAgent',
      sql<Readonly<Record<string, string>>>`e.data`.as('data'),
    ])
}

const selectById = statement((db, value: ValueOf<{ organizationIds: readonly string[]; id: string }>) =>
  selectEvents(db)
    .where('e.namespace_id', '=', sql<string>`any(${value('organizationIds')})`)
    .where('e.id', '=', value('id')),
)

/** The event with that id in one of these organizations. */
export async function findEvent(
  em: EntityManager,
  organizationIds: readonly string[],
  id: string,
): Promise<ActivityEventRow | null> {
  return (await selectById(em, { organizationIds, id }))[0] ?? null
}

// Every id of an event is less than this, so the first page is a page like any other.
const afterEveryEvent = 'evt_~'

// Most requests list without a filter.
const selectNewest = statement((db, value: ValueOf<{ organizationId: string; after: string; limit: number }>) =>
  selectEvents(db)
    .where('e.namespace_id', '=', value('organizationId'))
    .where('e.id', '<', value('after'))
    .orderBy('e.id', 'desc')
    .limit(value('limit')),
)

/** The events on a page, newest first, and one more if the list continues. */
export function listEvents(
  em: EntityManager,
  organizationId: string,
  filter: ActivityFilter,
  page: PageRequest,
): Promise<ActivityEventRow[]> {
  const isNarrowed = Object.values(filter).some((each) => each !== null && each !== undefined)
  const { cursor, size, isBackward } = page
  return isNarrowed || isBackward
    ? selectPage(selectListed(em, organizationId, filter), [sql.ref('e.id')], 'desc', page).execute()
    : selectNewest(em, { organizationId, after: cursor ?? afterEveryEvent, limit: size + 1 })
}

export function countEvents(em: EntityManager, organizationId: string, filter: ActivityFilter): Promise<number> {
  return countRows(selectListed(em, organizationId, filter))
}

/** An activity event as it is exported. */
export interface ExportedEvent extends ActivityEventRow {
  readonly requestId: string | null
}

/** Events after the one with the id `after`, oldest first. */
export function listExportedEvents(
  em: EntityManager,
  organizationId: string,
  filter: ActivityFilter,
  after: string,
  limit: number,
): Promise<ExportedEvent[]> {
  return selectListed(em, organizationId, filter)
    .select('e.request_id as requestId')
    .where('e.id', '>', after)
    .orderBy('e.id')
    .limit(limit)
    .execute()
}

function selectListed(
  em: EntityManager,
  organizationId: string,
  filter: ActivityFilter,
): ReturnType<typeof selectEvents> {
  const { kinds, actions, actor, token, repository, from, to } = filter
  let query = selectEvents(kysely(em)).where('e.namespace_id', '=', organizationId)
  for (const named of [kinds, actions])
    if (named) query = query.where('e.action', '=', sql<string>`any(${[...new Set(named)]}::text[])`)
  if (typeof actor === 'string') query = query.where('e.actor_name', '=', isNamespaceName(actor) ? actor : '')
  if (typeof token === 'string') query = query.where('e.token_id', '=', idPrefixOf(token) === 'tok' ? token : '')
  if (typeof repository === 'string') {
    const name = comparable(repository)
    query = query.where((where) =>
      where.or([
        where('e.target', '=', name),
        sql<boolean>`starts_with(e.target, ${`${name}:`})`,
        sql<boolean>`starts_with(e.target, ${`${name}@`})`,
      ]),
    )
  }
  // Ids contain the time, so the primary key finds the events.
  if (from) query = query.where('e.id', '>=', leastIdAt('evt', from))
  if (to) query = query.where('e.id', '<', leastIdAt('evt', to))
  return query
}

// Longer than any target of an event.
const maxTargetLength = 1_000

// PostgreSQL rejects a text with U+0000, and would compare a long text with each event.
function comparable(text: string): string {
  return text.length > maxTargetLength || text.includes('\u0000') ? '' : text
}

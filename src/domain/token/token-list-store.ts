import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import type { PageRequest } from '../shared/page.ts'
import { selectPage, wayOf } from '../sql/select-page.ts'
import { kysely } from '../sql/tables.ts'
import { listNewestTokens } from './newest-token-store.ts'
import { narrows, type StoredTokenFilter, selectFilteredTokens } from './token-filter-store.ts'
import { readTokenCursor, type TokenOrder, type TokenOrderField } from './token-order.ts'
import type { TokenRow } from './token-store.ts'

/** The tokens of an organization or a person that a filter leaves. */
export interface TokensCounted {
  readonly namespaceId: string
  readonly filter: StoredTokenFilter
}

/** A page of these tokens. */
export interface TokensWanted extends TokensCounted {
  /** Null: newest first. */
  readonly order: TokenOrder | null
  readonly page: PageRequest
}

/** A token of a list, with the value that another order than the usual one sorts by. */
export interface ListedToken extends TokenRow {
  readonly sortValue?: string | null
}

/**
 * The tokens on each of these pages, and one more if the list continues. One statement for all usual pages, and one for
 * all others with the same filter, order and place.
 */
export async function listTokenPages(
  em: EntityManager,
  pages: readonly TokensWanted[],
  now: Date,
): Promise<Array<readonly ListedToken[]>> {
  return forAlike(
    pages,
    (page) => (isUsual(page) ? '' : JSON.stringify([page.filter, page.order, page.page])),
    (alike, first) => (isUsual(first) ? listNewestTokens(em, alike) : listAlikePages(em, alike, first, now)),
  )
}

/** The number of tokens in each of these lists. One statement for all lists with the same filter. */
export async function countListedTokens(
  em: EntityManager,
  lists: readonly TokensCounted[],
  now: Date,
): Promise<number[]> {
  return forAlike(
    lists,
    ({ filter }) => JSON.stringify(filter),
    async (alike, { filter }) => {
      const ids = alike.map(({ namespaceId }) => namespaceId)
      const db = kysely(em)
      // One after the other, because PostgreSQL reads all uses to find the unused tokens of several at once.
      const rows = await db
        .selectFrom(namespaces(ids))
        .innerJoinLateral(
          selectFilteredTokens(db, filter, now)
            .clearSelect()
            .select(sql<number>`count(*)::int`.as('count'))
            .where('t.namespace_id', '=', sql.ref<string>('w.namespace_id'))
            .as('c'),
          (join) => join.onTrue(),
        )
        .select(['w.namespace_id as namespaceId', 'c.count'])
        .execute()
      const counts = new Map(rows.map(({ namespaceId, count }) => [namespaceId, count]))
      return ids.map((id) => counts.get(id) ?? 0)
    },
  )
}

function namespaces(ids: readonly string[]) {
  return sql<{ namespace_id: string }>`unnest(${ids}::text[])`.as<'w'>(sql`w (namespace_id)`)
}

/** Calls `load` once for all of `wanted` of the same kind. It returns a value for each. */
async function forAlike<Wanted, Value>(
  wanted: readonly Wanted[],
  kindOf: (each: Wanted) => string,
  load: (alike: readonly Wanted[], first: Wanted) => Promise<readonly Value[]>,
): Promise<Value[]> {
  const places = Map.groupBy(wanted.keys(), (index) => kindOf(wanted[index] as Wanted))
  const found: Value[] = new Array(wanted.length)
  await Promise.all(
    [...places.values()].map(async (indexes) => {
      const alike = indexes.map((index) => wanted[index] as Wanted)
      const values = await load(alike, alike[0] as Wanted)
      for (const [position, index] of indexes.entries()) found[index] = values[position] as Value
    }),
  )
  return found
}

/** Newest first and forward, without a filter: as most requests list. */
function isUsual({ filter, order, page }: TokensWanted): boolean {
  return order === null && !page.isBackward && !narrows(filter)
}

/** What each order sorts by. `none` is the value of tokens without one: that is last for expiries, first for uses. */
const sortedBy = {
  CREATED_AT: null,
  LABEL: { value: sql<string>`lower(t.label)`, none: sql`''` },
  EXPIRES_AT: { value: sql<string | null>`t.expires_at`, none: sql`'infinity'::timestamptz` },
  LAST_USED_AT: {
    value: sql<string | null>`(
      select l.at from access_token_last_use l where l.namespace_id = t.namespace_id and l.token_id = t.id
    )`,
    none: sql`'-infinity'::timestamptz`,
  },
} as const satisfies Record<TokenOrderField, { value: RawBuilder<string | null>; none: RawBuilder<unknown> } | null>

/** The pages at the same place in the lists of several organizations and people. */
async function listAlikePages(
  em: EntityManager,
  alike: readonly TokensWanted[],
  { filter, order, page }: TokensWanted,
  now: Date,
): Promise<ListedToken[][]> {
  const by = order === null ? null : sortedBy[order.field]
  const start = readTokenCursor(order, page)
  const ids = alike.map(({ namespaceId }) => namespaceId)
  const db = kysely(em)
  // With `offset`, PostgreSQL computes each value once, before it sorts.
  const sorted = db
    .selectFrom(
      selectFilteredTokens(db, filter, now)
        .select((by?.value ?? sql<null>`null`).as('sortValue'))
        .where('t.namespace_id', '=', sql.ref<string>('w.namespace_id'))
        .$if(by !== null, (query) => query.offset(0))
        .as('s'),
    )
    .selectAll()
  const columnsOf = (table: string) => [
    ...(by === null ? [] : [sql`coalesce(${sql.ref(`${table}.sortValue`)}, ${by.none})`]),
    sql.ref(`${table}.id`),
  ]
  const direction = order?.direction === 'ASC' ? 'asc' : 'desc'
  const values = start && [...(by === null ? [] : [start.value === '' ? by.none : start.value]), start.id]
  let pages = db
    .selectFrom(namespaces(ids))
    .innerJoinLateral(selectPage(sorted, columnsOf('s'), direction, page, values).as('p'), (join) => join.onTrue())
    .selectAll('p')
    .select('w.namespace_id as namespaceId')
  for (const column of columnsOf('p')) pages = pages.orderBy(column, wayOf(direction, page))
  const rows = await pages.execute()
  const byNamespace = Map.groupBy(rows, ({ namespaceId }) => namespaceId)
  return ids.map((id) => byNamespace.get(id) ?? [])
}

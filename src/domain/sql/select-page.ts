import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { PageRequest } from '../shared/page.ts'

/**
 * Selects the rows of a page and one more, in the direction of the page. `columns` sort the list; together they are
 * unique. `start` has their values where the page begins, by default the cursor; null: at either end of the list.
 */
export function selectPage<Database, Table extends keyof Database, Row>(
  query: SelectQueryBuilder<Database, Table, Row>,
  columns: readonly RawBuilder<unknown>[],
  direction: 'asc' | 'desc',
  page: PageRequest,
  start: readonly unknown[] | null = page.cursor === null ? null : [page.cursor],
): SelectQueryBuilder<Database, Table, Row> {
  const way = wayOf(direction, page)
  let rows = query.limit(page.size + 1)
  for (const column of columns) rows = rows.orderBy(column, way)
  if (start === null) return rows
  const comparison = sql.raw(way === 'desc' ? '<' : '>')
  return rows.where(sql<boolean>`${tuple(columns)} ${comparison} ${tuple(start)}`)
}

/** The direction in which the rows of a page are selected. */
export function wayOf(direction: 'asc' | 'desc', { isBackward }: PageRequest): 'asc' | 'desc' {
  return (direction === 'desc') === isBackward ? 'asc' : 'desc'
}

function tuple(values: readonly unknown[]): RawBuilder<unknown> {
  return values.length === 1 ? sql`${values[0]}` : sql`(${sql.join(values)})`
}

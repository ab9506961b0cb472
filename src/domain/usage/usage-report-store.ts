import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import type { UsageDimension } from '../model/usage-tables.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { planForValues } from '../sql/statement.ts'

/** The usage of an organization's repositories on some days. */
export interface UsageQuery {
  readonly organizationId: string
  /** Only of that token. Null means of everybody. */
  readonly tokenId: string | null
  /** As `2026-11-01`, in UTC. */
  readonly firstDay: string
  /** Included. */
  readonly lastDay: string
}

/** The same, grouped by dimensions. */
export interface ReportQuery extends UsageQuery {
  /** In the order of `usageDimensions`. */
  readonly groupBy: readonly UsageDimension[]
}

/** Sums of pulls and pushes. */
export interface UsageTotals {
  readonly pulls: number
  readonly pushes: number
}

/** The pulls and pushes of a group. What the report does not group by is null. */
export interface UsageReportRow extends UsageTotals {
  /** The beginning of the day. */
  readonly day: Timestamp | null
  /** The beginning of the month. */
  readonly month: Timestamp | null
  readonly tokenId: string | null
  /** Whether a person did it, so that the token is the person's. */
  readonly isOfPerson: boolean
  /** The label that the token had last in these days; it outlives the token. */
  readonly tokenLabel: string | null
  readonly userId: string | null
  /** The full name, also of a deleted repository. */
  readonly repository: string | null
  readonly ipAddress: string | null
}

/** A report by day and month, then with the most pulls first. */
export function listUsageByPulls(em: EntityManager, query: ReportQuery, limit: number): Promise<UsageReportRow[]> {
  const times = (['DAY', 'MONTH'] as const).filter((dimension) => query.groupBy.includes(dimension))
  const byTime = times.map((dimension) => sql`${keys[dimension]}, `)
  const order = sql`${sql.join(byTime, sql``)}sum(d.pulls) desc, sum(d.pushes) desc, ${keysOf(query)}`
  return select(em, query, sql``, order, limit)
}

/** A report in the order of its dimensions, from the row after `after` on; null: from the first. */
export function listUsageByKey(
  em: EntityManager,
  query: ReportQuery,
  after: UsageReportRow | null,
  limit: number,
): Promise<UsageReportRow[]> {
  if (after === null) return select(em, query, sql``, keysOf(query), limit)
  const values = sql.join(query.groupBy.map((dimension) => keyOf(dimension, after)))
  return select(em, query, sql`and (${keysOf(query)}) > (${values})`, keysOf(query), limit)
}

// Unknown is a value, too, and comes first.
const keys: Readonly<Record<UsageDimension, RawBuilder<string>>> = {
  DAY: sql`d.day`,
  MONTH: sql`date_trunc('month', d.day::timestamp)::date`,
  TOKEN: sql`coalesce(d.token_id, '')`,
  USER: sql`coalesce(d.user_id, '')`,
  REPOSITORY: sql`d.repository`,
  IP_ADDRESS: sql`coalesce(abbrev(d.ip_address), '') collate "C"`,
}

function keysOf({ groupBy }: ReportQuery): RawBuilder<unknown> {
  return sql.join(groupBy.map((dimension) => keys[dimension]))
}

function keyOf(dimension: UsageDimension, row: UsageReportRow): string {
  const values: Record<UsageDimension, string | null> = {
    DAY: row.day?.slice(0, 10) ?? null,
    MONTH: row.month?.slice(0, 10) ?? null,
    TOKEN: row.tokenId,
    USER: row.userId,
    REPOSITORY: row.repository,
    IP_ADDRESS: row.ipAddress,
  }
  return values[dimension] ?? ''
}

// The maximum of GraphQL's Int.
const toInt = (sum: RawBuilder<unknown>) => sql<number>`least(${sum}, 2147483647)::int`

/** The pulls and pushes of all days together. */
export async function sumUsage(em: EntityManager, query: UsageQuery): Promise<UsageTotals> {
  const totals = sql<UsageTotals>`
    select ${toInt(sql`coalesce(sum(d.pulls), 0)`)} as pulls, ${toInt(sql`coalesce(sum(d.pushes), 0)`)} as pushes
    from usage_day d where ${isIn(query)}`
  const [sums] = await planned(em, totals)
  return sums ?? { pulls: 0, pushes: 0 }
}

function isIn({ organizationId, tokenId, firstDay, lastDay }: UsageQuery): RawBuilder<unknown> {
  const byToken = tokenId === null ? sql`` : sql`and d.token_id = ${tokenId}`
  return sql`d.namespace_id = ${organizationId} and d.day between ${firstDay} and ${lastDay} ${byToken}`
}

function planned<Row>(em: EntityManager, query: RawBuilder<Row>): Promise<Row[]> {
  return em.fork().transactional(async (inTransaction) => {
    await planForValues(inTransaction)
    return (await query.execute(inTransaction.getKysely())).rows
  })
}

function select(
  em: EntityManager,
  query: ReportQuery,
  rest: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
  limit: number,
): Promise<UsageReportRow[]> {
  const { groupBy } = query
  const grouped = (dimension: UsageDimension, value: RawBuilder<unknown>) =>
    groupBy.includes(dimension) ? value : sql`null`
  // The label of the last day that has one, without sorting the rows.
  const label = sql`substr(max(to_char(d.day, 'YYYY-MM-DD') || d.token_label), 11)`
  const report = sql<UsageReportRow>`
    select ${grouped('DAY', sql`to_char(d.day, 'YYYY-MM-DD"T00:00:00.000Z"')`)} as day,
      ${grouped('MONTH', sql`to_char(${keys.MONTH}, 'YYYY-MM-DD"T00:00:00.000Z"')`)} as month,
      ${grouped('TOKEN', sql`nullif(${keys.TOKEN}, '')`)} as "tokenId", ${grouped('TOKEN', label)} as "tokenLabel",
      bool_or(d.user_id is not null) as "isOfPerson", ${grouped('USER', sql`nullif(${keys.USER}, '')`)} as "userId",
      ${grouped('REPOSITORY', keys.REPOSITORY)} as repository,
      ${grouped('IP_ADDRESS', sql`nullif(${keys.IP_ADDRESS}, '')`)} as "ipAddress",
      ${toInt(sql`sum(d.pulls)`)} as pulls, ${toInt(sql`sum(d.pushes)`)} as pushes
    from usage_day d
    where ${isIn(query)} ${rest}
    group by ${keysOf(query)} order by ${order} limit ${limit}`
  return planned(em, report)
}

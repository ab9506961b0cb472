import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import type { UsageDimension } from '../model/usage-tables.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { planForValues } from '../sql/statement.ts'

/** The usage of an organization's repositories on some days, grouped by dimensions. */
export interface ReportQuery {
  readonly organizationId: string
  /** As `2026-11-01`, in UTC. */
  readonly firstDay: string
  /** Included. */
  readonly lastDay: string
  /** In the order of `usageDimensions`. */
  readonly groupBy: readonly UsageDimension[]
}

/** The pulls and pushes of a group. What the report does not group by is null. */
export interface UsageReportRow {
  /** The beginning of the day. */
  readonly day: Timestamp | null
  readonly tokenId: string | null
  /** Whether a person did it, so that the token is the person's. */
  readonly isOfPerson: boolean
  /** The label that the token had last in these days; it outlives the token. */
  readonly tokenLabel: string | null
  readonly userId: string | null
  /** The full name, also of a deleted repository. */
  readonly repository: string | null
  readonly ipAddress: string | null
  readonly pulls: number
  readonly pushes: number
}

/** A report by day, then with the most pulls first. */
export function listUsageByPulls(em: EntityManager, query: ReportQuery, limit: number): Promise<UsageReportRow[]> {
  const byDay = query.groupBy.includes('DAY') ? sql`${keys.DAY}, ` : sql``
  return select(em, query, sql``, sql`${byDay}sum(d.pulls) desc, sum(d.pushes) desc, ${keysOf(query)}`, limit)
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
    TOKEN: row.tokenId,
    USER: row.userId,
    REPOSITORY: row.repository,
    IP_ADDRESS: row.ipAddress,
  }
  return values[dimension] ?? ''
}

// The maximum of GraphQL's Int.
const toInt = (sum: RawBuilder<unknown>) => sql<number>`least(${sum}, 2147483647)::int`

function select(
  em: EntityManager,
  query: ReportQuery,
  rest: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
  limit: number,
): Promise<UsageReportRow[]> {
  const { organizationId, firstDay, lastDay, groupBy } = query
  const grouped = (dimension: UsageDimension, value: RawBuilder<unknown>) =>
    groupBy.includes(dimension) ? value : sql`null`
  // The label of the last day that has one, without sorting the rows.
  const label = sql`substr(max(to_char(d.day, 'YYYY-MM-DD') || d.token_label), 11)`
  const report = sql<UsageReportRow>`
    select ${grouped('DAY', sql`to_char(d.day, 'YYYY-MM-DD"T00:00:00.000Z"')`)} as day,
      ${grouped('TOKEN', sql`nullif(${keys.TOKEN}, '')`)} as "tokenId", ${grouped('TOKEN', label)} as "tokenLabel",
      bool_or(d.user_id is not null) as "isOfPerson", ${grouped('USER', sql`nullif(${keys.USER}, '')`)} as "userId",
      ${grouped('REPOSITORY', keys.REPOSITORY)} as repository,
      ${grouped('IP_ADDRESS', sql`nullif(${keys.IP_ADDRESS}, '')`)} as "ipAddress",
      ${toInt(sql`sum(d.pulls)`)} as pulls, ${toInt(sql`sum(d.pushes)`)} as pushes
    from usage_day d
    where d.namespace_id = ${organizationId} and d.day between ${firstDay} and ${lastDay} ${rest}
    group by ${keysOf(query)} order by ${order} limit ${limit}`
  return em.fork().transactional(async (inTransaction) => {
    await planForValues(inTransaction)
    return (await report.execute(inTransaction.getKysely())).rows
  })
}

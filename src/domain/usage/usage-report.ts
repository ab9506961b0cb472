import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import { Denied } from '../shared/errors.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { planForValues } from '../sql/statement.ts'

/** What a usage report can tell apart; also the order in which its rows and the columns of its CSV form stand. */
export const usageDimensions = ['DAY', 'TOKEN', 'USER', 'REPOSITORY', 'IP_ADDRESS'] as const

export type UsageDimension = (typeof usageDimensions)[number]

/** A report that was asked for, and may be: of which days (UTC, the last included), by what. */
export interface ReportRequest {
  readonly firstDay: string
  readonly lastDay: string
  readonly groupBy: readonly UsageDimension[]
}

/** Pulls and pushes that are the same in all that the report tells apart; the rest is null. */
export interface UsageReportRow {
  /** The beginning of the day. */
  readonly day: Timestamp | null
  readonly tokenId: string | null
  /** Whether a person did it: so the token is theirs. */
  readonly isOfPerson: boolean
  /** The last that the token had then; it outlives the token. */
  readonly tokenLabel: string | null
  readonly userId: string | null
  /** The full name, also of one that is gone. */
  readonly repository: string | null
  readonly ipAddress: string | null
  readonly pulls: number
  readonly pushes: number
}

const dayMs = 24 * 60 * 60 * 1000
const maxDays = 366
const maxRows = 10_000

/**
 * The report of all days that overlap the time from `from` to before `to`. Throws `Denied` (BAD_USER_INPUT) where there are none, or
 * more than 366 times 24 hours, or nothing to tell apart, or one thing twice.
 */
export function parseReportRequest(from: Date, to: Date, groupBy: readonly UsageDimension[]): ReportRequest {
  const length = to.getTime() - from.getTime()
  if (length <= 0) throw badInput('`to` comes after `from`: it is the first moment that is no longer in the report.')
  if (length > maxDays * dayMs) throw badInput(`A report takes ${maxDays} days at most. Ask for a year at a time.`)
  if (groupBy.length === 0) throw badInput(`Name at least one of ${usageDimensions.join(', ')} in \`groupBy\`.`)
  if (new Set(groupBy).size < groupBy.length) throw badInput('Name each dimension in `groupBy` once.')
  return {
    firstDay: from.toISOString().slice(0, 10),
    lastDay: new Date(to.getTime() - 1).toISOString().slice(0, 10),
    groupBy: usageDimensions.filter((dimension) => groupBy.includes(dimension)),
  }
}

/**
 * The usage of an organization's repositories by day, then with the most pulls first. Whether the caller may read it is decided
 * before. Throws `Denied` (BAD_USER_INPUT) for more than 10,000 rows.
 */
export async function findUsageReport(
  em: EntityManager,
  organizationId: string,
  request: ReportRequest,
): Promise<UsageReportRow[]> {
  const byDay = request.groupBy.includes('DAY') ? sql`${keys.DAY}, ` : sql``
  const order = sql`${byDay}sum(d.pulls) desc, sum(d.pushes) desc, ${keysOf(request)}`
  const rows = await select(em, organizationId, request, sql``, order, maxRows + 1)
  if (rows.length > maxRows)
    throw badInput(
      `This report has more than ${maxRows.toLocaleString('en')} rows. Ask for fewer days, group by less, or take it as CSV.`,
    )
  return rows
}

/** All of a report, a page at a time, in the order of what it tells apart. */
export async function* readUsageReport(
  em: EntityManager,
  organizationId: string,
  request: ReportRequest,
): AsyncGenerator<readonly UsageReportRow[]> {
  let rest = sql``
  for (;;) {
    const page = await select(em, organizationId, request, rest, keysOf(request), maxRows)
    yield page
    const last = page.at(-1)
    if (last === undefined || page.length < maxRows) return
    const after = sql.join(request.groupBy.map((dimension) => keyOf(dimension, last)))
    rest = sql`and (${keysOf(request)}) > (${after})`
  }
}

// What is not known is a value, too, and comes first.
const keys: Readonly<Record<UsageDimension, RawBuilder<string>>> = {
  DAY: sql`d.day`,
  TOKEN: sql`coalesce(d.token_id, '')`,
  USER: sql`coalesce(d.user_id, '')`,
  REPOSITORY: sql`d.repository`,
  IP_ADDRESS: sql`coalesce(host(d.ip_address), '') collate "C"`,
}

function keysOf({ groupBy }: ReportRequest): RawBuilder<unknown> {
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

// GraphQL's Int ends there.
const toInt = (sum: RawBuilder<unknown>) => sql<number>`least(${sum}, 2147483647)::int`

function select(
  em: EntityManager,
  organizationId: string,
  { firstDay, lastDay, groupBy }: ReportRequest,
  rest: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
  limit: number,
): Promise<UsageReportRow[]> {
  const grouped = (dimension: UsageDimension, value: RawBuilder<unknown>) =>
    groupBy.includes(dimension) ? value : sql`null`
  const group = sql.join(groupBy.map((dimension) => keys[dimension]))
  // The label of the last day that has one, without a look at the rows in their order.
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
    group by ${group} order by ${order} limit ${limit}`
  return em.fork().transactional(async (inTransaction) => {
    await planForValues(inTransaction)
    return (await report.execute(inTransaction.getKysely())).rows
  })
}

function badInput(message: string): Denied {
  return new Denied('BAD_USER_INPUT', message)
}

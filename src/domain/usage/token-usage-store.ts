import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Timestamp } from '../shared/timestamp.ts'
import { hasRecentReports, usedPulls, windowSlots } from '../sql/pull-ledger.ts'
import type { ValueOf } from '../sql/statement.ts'
import { type RowsOfTokens, type TokenPage, tokenStatement } from '../sql/token-page.ts'
import { reportsSince, secondsInWindow, usageWindowAt } from './usage-limit.ts'

/** A successful use of a token. */
export interface LastUse {
  readonly at: Timestamp
  readonly ipAddress: string | null
  readonly client: string | null
  readonly repository: string | null
}

/** The latest use of a token, and its pulls in the current window, including open reservations. */
export interface UsageRow {
  readonly tokenId: string
  readonly at: Timestamp | null
  readonly ipAddress: string | null
  readonly client: string | null
  readonly repository: string | null
  readonly pulls: number | null
}

interface Moment {
  readonly windowStart: Date
  readonly seconds: number
  readonly reportsSince: Date
}

const selectUsage = tokenStatement((db, isOfTokens, value: ValueOf<Moment>) => {
  const lastUses = db.selectFrom('access_token_last_use').selectAll().where(isOfTokens('namespace_id', 'token_id'))
  const used = usedPulls(
    'usage_window',
    windowSlots('usage_window', sql`${value('seconds')}::int`),
    hasRecentReports(value('reportsSince')),
  )
  const windows = db
    .selectFrom('usage_window')
    .select(['subject_id', used.as('used')])
    .where(isOfTokens('namespace_id', 'subject_id'))
    .where('starts_at', '=', sql<Timestamp>`${value('windowStart')}`)
  return db
    .selectFrom(lastUses.as('l'))
    .fullJoin(windows.as('w'), 'w.subject_id', 'l.token_id')
    .select([
      sql<string>`coalesce(l.token_id, w.subject_id)`.as('tokenId'),
      'l.at',
      sql<string | null>`host(l.ip_address)`.as('ipAddress'),
      'l.client',
      'l.repository',
      'w.used as pulls',
    ])
})

/** The usage of the tokens of each page, by token. Tokens that were never used are missing. */
export function findUsage(
  em: EntityManager,
  pages: readonly TokenPage[],
  now: Date,
): Promise<Array<RowsOfTokens<UsageRow>>> {
  const moment = {
    windowStart: usageWindowAt(now).startsAt,
    seconds: secondsInWindow(now),
    reportsSince: reportsSince(now),
  }
  return selectUsage(em, pages, moment)
}

/** Null: it was never used. */
export function lastUseOf(usage: UsageRow | undefined): LastUse | null {
  if (usage === undefined || usage.at === null) return null
  const { at, ipAddress, client, repository } = usage
  return { at, ipAddress, client, repository }
}

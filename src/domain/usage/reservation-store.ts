import { sql } from 'kysely'
import { batch } from '../sql/batch.ts'
import { livingTokens } from '../sql/living-tokens.ts'
import { anonymousLedger, notificationLevel, subjectLedger } from '../sql/pull-ledger.ts'
import { reservePulls, usedWithNew } from '../sql/pull-reservations.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** What somebody wants to pull, with the key of the window. */
interface Wanted {
  readonly starts_at: Date
  readonly at: Date
  /** Since the beginning of the window. */
  readonly seconds: number
  readonly slot_seconds: number
  readonly pull_limit: number | null
}

interface Item {
  readonly starts_at: Date
  readonly repository: string
  readonly network: string
  readonly client: string
}

interface Subject {
  readonly namespace_id: string
  readonly subject_id: string
}

interface Network {
  readonly network: string
}

interface Values<Key, ItemKey = Key> {
  readonly reportsSince: Date
  readonly wanted: ReadonlyArray<Wanted & Key>
  readonly items: ReadonlyArray<Item & ItemKey>
}

const wantedColumns = {
  starts_at: 'timestamptz',
  at: 'timestamptz',
  seconds: 'int',
  slot_seconds: 'int',
  pull_limit: 'int',
} as const
const subjectColumns = { namespace_id: 'text', subject_id: 'text' } as const
const itemColumns = { starts_at: 'timestamptz', repository: 'text', network: 'cidr', client: 'text' } as const

/** Reserves pulls of tokens and people, at most one row of `wanted` for each of them and window. */
export const insertReservations = statement((db, value: ValueOf<Values<Subject>>) =>
  reservePulls({
    ledger: subjectLedger,
    wanted: sql`${batch(value, 'wanted', 'u', { ...subjectColumns, ...wantedColumns })}`,
    items: sql`${batch(value, 'items', 'i', { ...subjectColumns, ...itemColumns })}`,
    reportsSince: value('reportsSince'),
    alive: sql`${livingTokens('tokens', 'fresh', 'subject_id')}, alive as (
      select namespace_id, id as subject_id from tokens
      union select namespace_id, subject_id from fresh where subject_id = namespace_id
    )`,
    notices: {
      columns: sql`pull_limit, limit_known, is_notice_due`,
      values: sql`u.pull_limit, true,
        coalesce(${notificationLevel(sql.ref('u.fresh'), sql.ref('u.pull_limit'))} > 0, false)`,
      set: sql`
        pull_limit = excluded.pull_limit,
        limit_known = true,
        is_notice_due = w.is_notice_due
          or coalesce(${notificationLevel(usedWithNew, sql.ref('excluded.pull_limit'))} > w.notified_percent, false)`,
    },
  }).compile(db),
)

/** The same for anonymous clients, by network. */
export const insertAnonymousReservations = statement((db, value: ValueOf<Values<Network, object>>) =>
  reservePulls({
    ledger: anonymousLedger,
    wanted: sql`${batch(value, 'wanted', 'u', { network: 'cidr', ...wantedColumns })}`,
    items: sql`${batch(value, 'items', 'i', itemColumns)}`,
    reportsSince: value('reportsSince'),
    alive: null,
    notices: null,
  }).compile(db),
)

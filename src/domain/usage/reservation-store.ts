import { type RawBuilder, sql } from 'kysely'
import type { Timestamp } from '../shared/timestamp.ts'
import { batch } from '../sql/batch.ts'
import { livingTokens } from '../sql/living-tokens.ts'
import {
  anonymousLedger,
  areEqual,
  columnsOf,
  hasRecentReports,
  notificationLevel,
  type PullLedger,
  slotsPerGrant,
  storeSlots,
  subjectLedger,
  usedPulls,
  type WindowSlots,
  windowSlots,
} from '../sql/pull-ledger.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { sumOf } from '../sql/time-slots.ts'
import { withoutWaiting } from '../sql/without-waiting.ts'

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

interface Outcome {
  readonly position: number
  /** When a registry has last reported something. */
  readonly lastReportAt: Timestamp | null
  readonly outcome: 'COUNTED' | 'LIMIT_REACHED' | 'NO_SUBJECT'
}

/** The parts that differ between the two ledgers. */
interface Parts {
  readonly ledger: PullLedger
  readonly wanted: RawBuilder<unknown>
  readonly items: RawBuilder<unknown>
  readonly reportsSince: RawBuilder<Date>
  /** `alive (namespace_id, subject_id)`: the subjects of `fresh` that still exist, locked. Null: all do. */
  readonly alive: RawBuilder<unknown> | null
  readonly notices: {
    readonly columns: RawBuilder<unknown>
    values: RawBuilder<unknown>
    set: RawBuilder<unknown>
  } | null
}

const registriesReport = sql<boolean>`(select report from registries)`
const open = windowSlots('w', sql.ref('excluded.reservation_slot'))
const fresh = sql<number>`excluded.reserved[5]`

const heldOf = (window: string, slots: WindowSlots) =>
  sql<number>`(${usedPulls(window, slots, registriesReport)} + ${sumOf(slots.checked.counts)})`

/*
 * Decides and counts at once, so that the limit holds for any number of requests and instances. Which reservations are
 * open is read from a snapshot: a grant that shares one was given at that moment. All others are decided by the locked
 * row. A request that shares all of its reservations writes nothing. Rows are locked in one order, tokens first as a
 * deletion does, so that concurrent statements cannot deadlock.
 */
function reserve({ ledger, wanted, items, reportsSince, alive, notices }: Parts): RawBuilder<Outcome> {
  const { key, client } = ledger
  const windows = sql.table(ledger.windows)
  const reservations = sql.table(ledger.reservations)
  const living = alive === null ? sql`` : sql`left join alive on ${areEqual(key.slice(0, 2), 'alive', 'u')}`
  const isAlive = alive === null ? sql`true` : sql`alive.subject_id is not null`
  const limit = sql`(select n.pull_limit from numbered n where ${areEqual(key, 'n', 'excluded')})`
  const seen = windowSlots('w', sql.ref('u.seconds'))
  const [last = sql.lit(0), ...others] = open.reserved.counts.toReversed()
  return sql<Outcome>`
    with ${withoutWaiting}, registries as materialized (
      select ${hasRecentReports(reportsSince)} as report
    ), wanted as (
      select * from ${wanted}
    ), items as (
      select * from ${items}
    ), limited as materialized (
      select * from wanted where pull_limit is not null or not ${registriesReport}
    ), fresh as materialized (
      select i.*, u.at from items i join limited u on ${areEqual(key, 'u', 'i')}
      where not exists (
        select from ${reservations} r
        where ${areEqual([...key, ...client], 'r', 'i')} and r.expires_at > u.at
      )
    ), ${alive === null ? sql`` : sql`${alive}, `}numbered as materialized (
      select u.*, coalesce(f.fresh, 0) as fresh,
        coalesce(${heldOf('w', seen)} <= u.pull_limit, true) as "hasRoom", ${isAlive} as "isAlive"
      from limited u ${living}
      left join (select ${columnsOf(key)}, count(*)::int as fresh from fresh group by ${columnsOf(key)}) f
        on ${areEqual(key, 'f', 'u')}
      left join ${windows} w on ${areEqual(key, 'w', 'u')}
    ), counted as (
      insert into ${windows} as w
        (${columnsOf(key)}, pulls, reserved, reservation_slot, slot_seconds, checked_slot
          ${notices === null ? sql`` : sql`, ${notices.columns}`})
      select ${columnsOf(key, 'u')}, 0, array[0, 0, 0, 0, u.fresh], u.seconds, u.slot_seconds, u.seconds
        ${notices === null ? sql`` : sql`, ${notices.values}`}
      from numbered u where u.fresh > 0 and u."isAlive" and (u.pull_limit is null or u.fresh <= u.pull_limit)
      order by ${columnsOf(key, 'u')}
      on conflict (${columnsOf(key)}) do update set
        ${storeSlots('w', open, { reserved: [...others.toReversed(), sql`${last} + ${fresh}`] })},
        slot_seconds = excluded.slot_seconds
        ${notices === null ? sql`` : sql`, ${notices.set}`}
      where coalesce(${heldOf('w', open)} + ${fresh} <= ${limit}, true)
      returning ${columnsOf(key, 'w')}, w.reservation_slot, w.slot_seconds
    ), made as (
      insert into ${reservations} (${columnsOf([...key, ...client])}, made_at, expires_at)
      select ${columnsOf([...key, ...client], 'f')}, f.at,
        f.starts_at + make_interval(secs => c.reservation_slot + ${sql.lit(slotsPerGrant + 1)} * c.slot_seconds)
      from fresh f join counted c on ${areEqual(key, 'c', 'f')}
      order by ${columnsOf([...key, ...client], 'f')}
      on conflict (${columnsOf([...key, ...client])}) do update set
        made_at = excluded.made_at, expires_at = excluded.expires_at, is_checked = false
    )
    select u.position::int - 1 as position,
      case
        when u.pull_limit is null and ${registriesReport} then 'COUNTED'
        when exists (select from counted c where ${areEqual(key, 'c', 'u')}) then 'COUNTED'
        when n.fresh > 0 and not n."isAlive" then 'NO_SUBJECT'
        when n.fresh = 0 and n."hasRoom" then 'COUNTED'
        else 'LIMIT_REACHED'
      end as outcome,
      (select last_registry_event_at from deployment where id = 1) as "lastReportAt"
    from settings, wanted u left join numbered n on ${areEqual(key, 'n', 'u')}`
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

const usedWithNeeded = sql<number>`(${usedPulls('w', open, registriesReport)} + ${fresh})`

/** Reserves pulls of tokens and people, at most one row of `wanted` for each of them and window. */
export const insertReservations = statement((db, value: ValueOf<Values<Subject>>) =>
  reserve({
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
          or coalesce(
            ${notificationLevel(usedWithNeeded, sql.ref('excluded.pull_limit'))} > w.notified_percent, false)`,
    },
  }).compile(db),
)

/** The same for anonymous clients, by network. */
export const insertAnonymousReservations = statement((db, value: ValueOf<Values<Network, object>>) =>
  reserve({
    ledger: anonymousLedger,
    wanted: sql`${batch(value, 'wanted', 'u', { network: 'cidr', ...wantedColumns })}`,
    items: sql`${batch(value, 'items', 'i', itemColumns)}`,
    reportsSince: value('reportsSince'),
    alive: null,
    notices: null,
  }).compile(db),
)

import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { type Counted, countTogether, withoutWaiting } from '../sql/count-together.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { usageWindowAt } from './usage-limit.ts'
import {
  hasRecentReports,
  notificationLevel,
  reportsSince,
  reservationPeriodAt,
  reservationsOf,
  usedPulls,
} from './used-pulls.ts'

/** Pulls that somebody wants to make. */
export interface WantedPulls {
  readonly namespaceId: string
  /** Whose they are: a token of an organization, or a person, whose id is that of the namespace. */
  readonly subjectId: string
  /** When; they fall into the usage window of that moment. */
  readonly at: Date
  /** At least one. */
  readonly pulls: number
  /** The most that there may be in a window; null: unlimited. The same for all that want pulls of a subject. */
  readonly limit: number | null
}

/** `NO_SUBJECT`: it has been deleted since it was recognised. */
export type CountOutcome = Counted | 'NO_SUBJECT'

interface Values {
  readonly namespaceIds: readonly string[]
  readonly subjectIds: readonly string[]
  readonly windowStarts: readonly Date[]
  readonly pulls: readonly number[]
  readonly limits: ReadonlyArray<number | null>
  readonly reservationPeriods: readonly number[]
  readonly reportsSince: Date
}

const open = reservationsOf('w', sql.ref('excluded.reservation_period'), sql`(select tell from registries)`)
const used = sql<number>`(${usedPulls('w', open)} + excluded.reserved)`

// Decides and counts at once, so the limit holds however many requests and servers there are. Rows are locked in one order,
// tokens first as a deletion does, and people are never deleted, so that servers that count at the same time cannot deadlock.
const count = statement((db, value: ValueOf<Values>) =>
  sql<{ position: number; isCounted: boolean }>`
    with ${withoutWaiting}, wanted as (
      select * from unnest(
        ${value('namespaceIds')}::text[], ${value('subjectIds')}::text[], ${value('windowStarts')}::timestamptz[],
        ${value('pulls')}::int[], ${value('limits')}::int[], ${value('reservationPeriods')}::int[]
      ) with ordinality as u (namespace_id, subject_id, starts_at, pulls, pull_limit, reservation_period, position)
    ), registries as materialized (
      select ${hasRecentReports(value('reportsSince'))} as tell
    ), tokens as materialized (
      select t.namespace_id, t.id from access_token t
      where (t.namespace_id, t.id) in (select namespace_id, subject_id from wanted)
      order by t.namespace_id, t.id for key share
    ), alive as (
      select namespace_id, id from tokens
      union all select namespace_id, subject_id from wanted where subject_id = namespace_id
    ), counted as (
      insert into usage_window as w
        (namespace_id, subject_id, starts_at, pulls, reserved, reservation_period, pull_limit, limit_known, is_notice_due)
      select u.namespace_id, u.subject_id, u.starts_at, 0, u.pulls, u.reservation_period, u.pull_limit, true,
        coalesce(${notificationLevel(sql.ref('u.pulls'), sql.ref('u.pull_limit'))} > 0, false)
      from wanted u join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id
      where u.pull_limit is null or u.pulls <= u.pull_limit
      order by u.namespace_id, u.subject_id, u.starts_at
      on conflict (namespace_id, subject_id, starts_at) do update set
        reserved = ${open.current} + excluded.reserved,
        reserved_previous = ${open.before},
        reservation_period = greatest(w.reservation_period, excluded.reservation_period),
        pull_limit = excluded.pull_limit,
        limit_known = true,
        is_notice_due = w.is_notice_due
          or coalesce(${notificationLevel(used, sql.ref('excluded.pull_limit'))} > w.notified_percent, false)
      where coalesce(${used} <= excluded.pull_limit, true)
      returning namespace_id, subject_id, starts_at
    )
    select u.position::int - 1 as position, exists (
      select from counted c
      where c.namespace_id = u.namespace_id and c.subject_id = u.subject_id and c.starts_at = u.starts_at
    ) as "isCounted"
    from settings, wanted u join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id`.compile(db),
)

/**
 * Counts pulls that are granted in their windows, each unless its subject's limit would be exceeded; answers in their order. One
 * statement, whatever their number. A grant counts until a registry tells of the pull, which then counts instead
 * (`count-told-pulls.ts`), or until it has lapsed.
 */
export function countPulls(em: EntityManager, wanted: readonly WantedPulls[]): Promise<CountOutcome[]> {
  return countTogether(
    wanted,
    ({ subjectId, at }) => `${subjectId} ${usageWindowAt(at).startsAt.getTime()}`,
    (each) => countOnce(em, each),
  )
}

/** At most one of each subject and window. */
async function countOnce(em: EntityManager, wanted: readonly WantedPulls[]): Promise<CountOutcome[]> {
  const rows = await count(em, {
    namespaceIds: wanted.map(({ namespaceId }) => namespaceId),
    subjectIds: wanted.map(({ subjectId }) => subjectId),
    windowStarts: wanted.map(({ at }) => usageWindowAt(at).startsAt),
    pulls: wanted.map(({ pulls }) => pulls),
    limits: wanted.map(({ limit }) => limit),
    reservationPeriods: wanted.map(({ at }) => reservationPeriodAt(at)),
    reportsSince: reportsSince(new Date(Math.max(...wanted.map(({ at }) => at.getTime())))),
  })
  const outcomes: CountOutcome[] = wanted.map(() => 'NO_SUBJECT')
  for (const { position, isCounted } of rows) outcomes[position] = isCounted ? 'COUNTED' : 'LIMIT_REACHED'
  return outcomes
}

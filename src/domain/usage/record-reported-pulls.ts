import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../sql/statement.ts'
import { usageWindowAt } from './usage-limit.ts'
import { notificationLevel, reservationPeriodAt, reservationsOf, usedPulls } from './used-pulls.ts'

/** Pulls that a registry has told of. */
export interface ReportedPull {
  /** The organization whose token it was, or the person. */
  readonly namespaceId: string
  /** Whose they are: a token of an organization, or a person, whose id is that of the namespace. */
  readonly subjectId: string
  /** At least one. */
  readonly pulls: number
  /** When, by the registry's clock. */
  readonly at: Date
}

interface Values {
  readonly namespaceIds: readonly string[]
  readonly subjectIds: readonly string[]
  readonly windowStarts: readonly Date[]
  readonly pulls: readonly number[]
  readonly reservationPeriods: readonly number[]
}

// Who is told while another writes this down need not write it again, and does not wait.
const recordReport = statement((db, value: ValueOf<{ readonly at: Date }>) =>
  sql<never>`
    update deployment set last_registry_event_at = ${value('at')} where id = (
      select id from deployment
      where id = 1 and (last_registry_event_at is null or last_registry_event_at < ${value('at')}::timestamptz - interval '1 minute')
      for update skip locked
    )`.compile(db),
)

// Pulls of a period that has lapsed find no reservation any more; a registry's clock that is somewhat behind does not cause that.
const { current, before } = reservationsOf('w', sql.ref('excluded.reservation_period'), sql`true`)
const settled = sql<number>`case when excluded.reservation_period >= w.reservation_period - 1 then excluded.pulls else 0 end`
const left = {
  before: sql<number>`greatest(${before} - ${settled}, 0)`,
  current: sql<number>`${current} - least(${current}, greatest(${settled} - ${before}, 0))`,
}
const used = sql<number>`(${usedPulls('w', left)} + excluded.pulls)`

const countReported = statement((db, value: ValueOf<Values>) =>
  sql<never>`
    with told as (
      select * from unnest(
        ${value('namespaceIds')}::text[], ${value('subjectIds')}::text[], ${value('windowStarts')}::timestamptz[],
        ${value('pulls')}::int[], ${value('reservationPeriods')}::int[]
      ) as u (namespace_id, subject_id, starts_at, pulls, reservation_period)
    ), tokens as materialized (
      select t.namespace_id, t.id from access_token t
      where (t.namespace_id, t.id) in (select namespace_id, subject_id from told)
      order by t.namespace_id, t.id for key share
    ), alive as (
      select namespace_id, id from tokens
      union all select n.id, n.id from namespace n where n.id in (select subject_id from told)
    )
    insert into usage_window as w (namespace_id, subject_id, starts_at, pulls, reservation_period, is_notice_due)
    select u.namespace_id, u.subject_id, u.starts_at, u.pulls, u.reservation_period, true
    from told u join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id
    order by u.namespace_id, u.subject_id, u.starts_at
    on conflict (namespace_id, subject_id, starts_at) do update set
      pulls = w.pulls + excluded.pulls,
      reserved = ${left.current},
      reserved_previous = ${left.before},
      reservation_period = greatest(w.reservation_period, excluded.reservation_period),
      is_notice_due = w.is_notice_due or not w.limit_known
        or coalesce(${notificationLevel(used, sql.ref('w.pull_limit'))} > w.notified_percent, false)`.compile(db),
)

/**
 * Counts pulls that have been made, in the transaction that `em` is in, and never refuses. Each takes the place of a grant that
 * it came of, if there is one; without one it is one more, also above the limit. Those of tokens that have been deleted are
 * left out. Locks tokens, then windows, in the order of their keys, as grants do; so it comes before whatever locks else.
 */
export async function recordReportedPulls(em: EntityManager, told: readonly ReportedPull[]): Promise<void> {
  if (told.length === 0) return
  await recordReport(em, { at: new Date(Math.max(...told.map(({ at }) => at.getTime()))) })
  const sums = [...Map.groupBy(told, ({ subjectId, at }) => `${subjectId} ${usageWindowAt(at).startsAt.getTime()}`)]
    .map(([, each]) => each)
    .flatMap(([first, ...rest]) => (first === undefined ? [] : rest.reduce(together, first)))
  await countReported(em, {
    namespaceIds: sums.map(({ namespaceId }) => namespaceId),
    subjectIds: sums.map(({ subjectId }) => subjectId),
    windowStarts: sums.map(({ at }) => usageWindowAt(at).startsAt),
    pulls: sums.map(({ pulls }) => pulls),
    reservationPeriods: sums.map(({ at }) => reservationPeriodAt(at)),
  })
}

function together(one: ReportedPull, other: ReportedPull): ReportedPull {
  return { ...one, pulls: one.pulls + other.pulls, at: one.at > other.at ? one.at : other.at }
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../statement.ts'

/** Pulls that somebody wants to make. */
export interface WantedPulls {
  readonly namespaceId: string
  /** Whose they are: a token of an organization, or a person, whose id is that of the namespace. */
  readonly subjectId: string
  /** When the usage window begins that they fall into. */
  readonly windowStart: Date
  /** At least one. */
  readonly pulls: number
  /** The most that there may be in a window; null: unlimited. The same for all that want pulls of a subject. */
  readonly limit: number | null
}

/** `NO_SUBJECT`: it has been deleted since it was recognised. */
export type CountOutcome = 'COUNTED' | 'LIMIT_REACHED' | 'NO_SUBJECT'

interface Values {
  readonly namespaceIds: readonly string[]
  readonly subjectIds: readonly string[]
  readonly windowStarts: readonly Date[]
  readonly pulls: readonly number[]
  readonly limits: ReadonlyArray<number | null>
}

// Decides and counts at once, so the limit holds however many requests and servers there are. Rows are locked in one order,
// tokens first as a deletion does, and people are never deleted, so that servers that count at the same time cannot deadlock.
const count = statement((db, value: ValueOf<Values>) =>
  sql<{ position: number; isCounted: boolean }>`
    with wanted as (
      select * from unnest(
        ${value('namespaceIds')}::text[], ${value('subjectIds')}::text[], ${value('windowStarts')}::timestamptz[],
        ${value('pulls')}::int[], ${value('limits')}::int[]
      ) with ordinality as u (namespace_id, subject_id, starts_at, pulls, pull_limit, position)
    ), tokens as materialized (
      select t.namespace_id, t.id from access_token t
      where (t.namespace_id, t.id) in (select namespace_id, subject_id from wanted)
      order by t.namespace_id, t.id for key share
    ), alive as (
      select namespace_id, id from tokens
      union all select namespace_id, subject_id from wanted where subject_id = namespace_id
    ), counted as (
      insert into usage_window as w (namespace_id, subject_id, starts_at, pulls)
      select u.namespace_id, u.subject_id, u.starts_at, u.pulls
      from wanted u join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id
      where u.pull_limit is null or u.pulls <= u.pull_limit
      order by u.namespace_id, u.subject_id, u.starts_at
      on conflict (namespace_id, subject_id, starts_at) do update set pulls = w.pulls + excluded.pulls
      where coalesce(w.pulls + excluded.pulls <= (
        select u.pull_limit from wanted u
        where u.namespace_id = excluded.namespace_id and u.subject_id = excluded.subject_id and u.starts_at = excluded.starts_at
      ), true)
      returning namespace_id, subject_id, starts_at
    )
    select u.position::int - 1 as position, exists (
      select from counted c
      where c.namespace_id = u.namespace_id and c.subject_id = u.subject_id and c.starts_at = u.starts_at
    ) as "isCounted"
    from wanted u join alive on alive.namespace_id = u.namespace_id and alive.id = u.subject_id`.compile(db),
)

/**
 * Counts pulls in their windows, each unless its subject's limit would be exceeded; answers in their order. One statement,
 * whatever their number: those of one subject are counted together, and one by one only where there is no room for all.
 */
export async function countPulls(em: EntityManager, wanted: readonly WantedPulls[]): Promise<CountOutcome[]> {
  const together = [
    ...Map.groupBy(wanted, ({ subjectId, windowStart }) => `${subjectId} ${windowStart.getTime()}`).values(),
  ]
  const outcomes = new Map<WantedPulls, CountOutcome>()
  const sums = together.flatMap(([first, ...rest]) =>
    first === undefined ? [] : { ...first, pulls: rest.reduce((sum, { pulls }) => sum + pulls, first.pulls) },
  )
  const counted = await countOnce(em, sums)
  for (const [index, each] of together.entries()) {
    const outcome = counted[index] ?? 'NO_SUBJECT'
    if (outcome === 'LIMIT_REACHED' && each.length > 1) await countOneByOne(em, each, outcomes)
    else for (const one of each) outcomes.set(one, outcome)
  }
  return wanted.map((each) => outcomes.get(each) ?? 'NO_SUBJECT')
}

async function countOneByOne(
  em: EntityManager,
  wanted: readonly WantedPulls[],
  into: Map<WantedPulls, CountOutcome>,
): Promise<void> {
  let tooMany = Number.POSITIVE_INFINITY
  for (const each of wanted) {
    const [outcome = 'NO_SUBJECT'] = each.pulls >= tooMany ? ['LIMIT_REACHED' as const] : await countOnce(em, [each])
    if (outcome === 'LIMIT_REACHED') tooMany = Math.min(tooMany, each.pulls)
    into.set(each, outcome)
  }
}

/** At most one of each subject and window. */
async function countOnce(em: EntityManager, wanted: readonly WantedPulls[]): Promise<CountOutcome[]> {
  const rows = await count(em, {
    namespaceIds: wanted.map(({ namespaceId }) => namespaceId),
    subjectIds: wanted.map(({ subjectId }) => subjectId),
    windowStarts: wanted.map(({ windowStart }) => windowStart),
    pulls: wanted.map(({ pulls }) => pulls),
    limits: wanted.map(({ limit }) => limit),
  })
  const outcomes: CountOutcome[] = wanted.map(() => 'NO_SUBJECT')
  for (const { position, isCounted } of rows) outcomes[position] = isCounted ? 'COUNTED' : 'LIMIT_REACHED'
  return outcomes
}

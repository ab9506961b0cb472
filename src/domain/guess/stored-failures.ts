import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../sql/statement.ts'
import { withoutWaiting } from '../sql/without-waiting.ts'

/** Failures that count, or no longer count, against one key. */
export interface FailureChange {
  readonly key: Buffer
  readonly failures: number
  /** How long the window is that the first failure begins. */
  readonly windowSeconds: number
}

interface Values {
  readonly keys: readonly Buffer[]
  readonly failures: readonly number[]
  readonly windows: readonly number[]
}

// The time is PostgreSQL's, so that instances agree when a window ends. Rows are locked in the order of their keys, so that two
// statements cannot deadlock.
const add = statement((db, value: ValueOf<Values>) =>
  sql<{ position: number; failures: number; remainingMs: number }>`
    with ${withoutWaiting}, wanted as (
      select * from unnest(${value('keys')}::bytea[], ${value('failures')}::int[], ${value('windows')}::int[])
        with ordinality as u (key, failures, seconds, position)
    ), counted as (
      insert into failure_count as f (key, failures, ends_at)
      select w.key, w.failures, now() + make_interval(secs => w.seconds) from settings, wanted w order by w.key
      on conflict (key) do update set
        failures = case when f.ends_at <= now() then 0 else f.failures end + excluded.failures,
        ends_at = case when f.ends_at <= now() then excluded.ends_at else f.ends_at end
      returning key, failures, (extract(epoch from ends_at - now()) * 1000)::int as "remainingMs"
    )
    select w.position::int - 1 as position, c.failures, c."remainingMs" from wanted w join counted c on c.key = w.key`.compile(
    db,
  ),
)

const takeBack = statement((db, value: ValueOf<Omit<Values, 'windows'>>) =>
  sql<{ failures: number }>`
    with ${withoutWaiting}, given as (
      select * from unnest(${value('keys')}::bytea[], ${value('failures')}::int[]) as u (key, failures)
    ), locked as (
      select f.key from failure_count f where f.key in (select key from given) order by f.key for update
    )
    update failure_count f set failures = greatest(f.failures - given.failures, 0)
    from settings, locked join given on given.key = locked.key
    where f.key = locked.key
    returning f.failures`.compile(db),
)

/** How many failures count by now, and for how long. */
export interface FailuresNow {
  readonly failures: number
  readonly remainingMs: number
}

/** Counts failures, each key at most once; returns what counts by now, in their order. One statement. */
export async function addFailures(em: EntityManager, changes: readonly FailureChange[]): Promise<FailuresNow[]> {
  const rows = await add(em, {
    keys: changes.map(({ key }) => key),
    failures: changes.map(({ failures }) => failures),
    windows: changes.map(({ windowSeconds }) => windowSeconds),
  })
  return rows.toSorted((one, other) => one.position - other.position)
}

/** Takes failures back, each key at most once, down to none. One statement. */
export async function takeFailuresBack(
  em: EntityManager,
  changes: ReadonlyArray<Omit<FailureChange, 'windowSeconds'>>,
): Promise<void> {
  await takeBack(em, {
    keys: changes.map(({ key }) => key),
    failures: changes.map(({ failures }) => failures),
  })
}

const atOnce = 10_000

const prune = statement((db, _value: ValueOf<object>) =>
  sql<{ deleted: number }>`
    with old as (
      select key from failure_count where ends_at < now() limit ${sql.lit(atOnce)} for update skip locked
    ), deleted as (
      delete from failure_count f using old where f.key = old.key returning 1
    )
    select count(*)::int as deleted from deleted`.compile(db),
)

/** Deletes the counts whose windows have ended. */
export async function pruneFailureCounts(em: EntityManager): Promise<void> {
  let deleted = atOnce
  while (deleted === atOnce) [{ deleted } = { deleted: 0 }] = await prune(em, {})
}

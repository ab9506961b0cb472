import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { batch } from '../sql/batch.ts'
import { batchedDeletion } from '../sql/batched-deletion.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { withoutWaiting } from '../sql/without-waiting.ts'

/** Failures that count, or no longer count, against one key. */
export interface FailureChange {
  readonly key: Buffer
  readonly failures: number
  /** The length of the window that the first failure begins. */
  readonly windowSeconds: number
}

interface AddedRow {
  readonly key: Buffer
  readonly failures: number
  readonly seconds: number
}

// PostgreSQL's time, so that instances agree when a window ends. Rows are locked in the order of their keys, so that
// statements cannot deadlock.
const add = statement((db, value: ValueOf<{ readonly added: readonly AddedRow[] }>) =>
  sql<FailuresNow & { position: number }>`
    with ${withoutWaiting}, wanted as (
      select * from ${batch(value, 'added', 'u', { key: 'bytea', failures: 'int', seconds: 'int' })}
    ), counted as (
      insert into failure_count as f (key, failures, ends_at)
      select w.key, w.failures, now() + make_interval(secs => w.seconds) from settings, wanted w order by w.key
      on conflict (key) do update set
        failures = case when f.ends_at <= now() then 0 else f.failures end + excluded.failures,
        ends_at = case when f.ends_at <= now() then excluded.ends_at else f.ends_at end
      returning key, failures, (extract(epoch from ends_at - now()) * 1000)::int as "remainingMs"
    )
    select w.position::int - 1 as position, c.failures, c."remainingMs"
    from wanted w join counted c on c.key = w.key`.compile(db),
)

interface TakenRow {
  readonly key: Buffer
  readonly failures: number
}

const takeBack = statement((db, value: ValueOf<{ readonly taken: readonly TakenRow[] }>) =>
  sql<{ failures: number }>`
    with ${withoutWaiting}, given as (
      select * from ${batch(value, 'taken', 'u', { key: 'bytea', failures: 'int' })}
    ), locked as (
      select f.key from failure_count f where f.key in (select key from given) order by f.key for update
    )
    update failure_count f set failures = greatest(f.failures - given.failures, 0)
    from settings, locked join given on given.key = locked.key
    where f.key = locked.key
    returning f.failures`.compile(db),
)

/** The failures that count now, and for how long. */
export interface FailuresNow {
  readonly failures: number
  readonly remainingMs: number
}

/** Adds failures, each key at most once. Returns what counts now, in their order. One statement. */
export async function insertFailures(em: EntityManager, changes: readonly FailureChange[]): Promise<FailuresNow[]> {
  const rows = await add(em, {
    added: changes.map(({ key, failures, windowSeconds }) => ({ key, failures, seconds: windowSeconds })),
  })
  return rows.toSorted((one, other) => one.position - other.position)
}

/** Subtracts failures, each key at most once, down to 0. One statement. */
export async function deleteFailures(
  em: EntityManager,
  changes: ReadonlyArray<Omit<FailureChange, 'windowSeconds'>>,
): Promise<void> {
  await takeBack(em, { taken: changes.map(({ key, failures }) => ({ key, failures })) })
}

const deleteEnded = batchedDeletion<object>('failure_count', () => sql`ends_at < now()`)

/** Deletes the counts whose windows have ended. */
export function pruneFailureCounts(em: EntityManager): Promise<void> {
  return deleteEnded(em, {})
}

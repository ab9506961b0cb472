import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Plan } from '../model/plan.ts'
import { kysely } from '../sql/tables.ts'

/** The chain of a namespace, with the time of its oldest event. */
export interface OldestOfChain {
  readonly namespaceId: string
  /** Null for the chain of a person. */
  readonly plan: Plan | null
  /** Null if the chain has no events. */
  readonly beginsAt: string | null
}

/** The chains of the namespaces after this id, by id. */
export function listOldestOfChains(em: EntityManager, after: string, limit: number): Promise<OldestOfChain[]> {
  const page = kysely(em)
    .selectFrom('activity_chain')
    .select('namespace_id')
    .where('namespace_id', '>', after)
    .orderBy('namespace_id')
    .limit(limit)
  return kysely(em)
    .selectFrom(page.as('c'))
    .leftJoin('organization as o', 'o.id', 'c.namespace_id')
    .leftJoin('activity_checkpoint as k', 'k.namespace_id', 'c.namespace_id')
    .leftJoin('activity_event as e', (join) =>
      join.onRef('e.namespace_id', '=', 'c.namespace_id').on(sql<boolean>`e.position = coalesce(k.position, 0) + 1`),
    )
    .select(['c.namespace_id as namespaceId', 'o.plan', 'e.at as beginsAt'])
    .orderBy('c.namespace_id')
    .execute()
}

// Any number that no other advisory lock of the database has.
const expiryLock = 7_075_684

/** Keeps other instances from expiring events of this namespace until the transaction that `em` is in ends. */
export async function lockActivityExpiry(em: EntityManager, namespaceId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(expiryLock)}, hashtext(${namespaceId}))`.execute(kysely(em))
}

/**
 * Moves the checkpoint of a chain past the expired events among its oldest `limit` ones: up to the last event before
 * which all are older than `before`. Returns its position, or null if the checkpoint stays.
 */
export async function updateCheckpoint(
  em: EntityManager,
  namespaceId: string,
  before: Date,
  limit: number,
): Promise<string | null> {
  const { rows } = await sql<{ position: string }>`
      insert into activity_checkpoint as k (namespace_id, position, hash, at)
      select namespace_id, position, hash, latest from (
        select namespace_id, position, hash, max(at) over (order by position) as latest
        from (
          select namespace_id, position, hash, at from activity_event where namespace_id = ${namespaceId}
          order by position limit ${sql.lit(limit)}
        ) oldest
      ) expired
      where latest < ${before.toISOString()}::timestamptz order by position desc limit 1
      on conflict (namespace_id) do update
        set position = excluded.position, hash = excluded.hash, at = greatest(k.at, excluded.at)
        where k.position < excluded.position
      returning position`.execute(kysely(em))
  return rows[0]?.position ?? null
}

/** Deletes the events of a chain up to a position. Returns how many. */
export async function deleteEventsUpTo(em: EntityManager, namespaceId: string, position: string): Promise<number> {
  const { numDeletedRows } = await kysely(em)
    .deleteFrom('activity_event')
    .where('namespace_id', '=', namespaceId)
    .where(sql<boolean>`position <= ${position}`)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

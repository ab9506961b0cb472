import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Plan, PlanTable } from '../model/plan.ts'
import { kysely } from '../sql/tables.ts'

const chainsPerPage = 1_000
const eventsPerTransaction = 5_000
const dayMs = 86_400_000

/**
 * Deletes the events that are older than the plan of their organization keeps them; those of people are kept as long as on the
 * largest plan. Only whole beginnings of chains go, each up to a checkpoint that the rest is verified from.
 */
export async function pruneActivity(em: EntityManager, plans: PlanTable, now: Date): Promise<void> {
  let after = ''
  for (;;) {
    const chains = await chainsAfter(em, after)
    for (const { namespaceId, plan, beginsAt } of chains) {
      const { activityDays } = plans[plan ?? 'BUSINESS']
      const before = activityDays === null ? null : new Date(now.getTime() - activityDays * dayMs)
      if (before === null || beginsAt === null || beginsAt >= before.toISOString()) continue
      while (await pruneBeginning(em, namespaceId, before));
    }
    const last = chains.at(-1)
    if (last === undefined || chains.length < chainsPerPage) return
    after = last.namespaceId
  }
}

interface OldestOfChain {
  readonly namespaceId: string
  /** Null: a person's chain. */
  readonly plan: Plan | null
  /** Of the oldest event; null where none is left. */
  readonly beginsAt: string | null
}

function chainsAfter(em: EntityManager, after: string): Promise<OldestOfChain[]> {
  const page = kysely(em)
    .selectFrom('activity_chain')
    .select('namespace_id')
    .where('namespace_id', '>', after)
    .orderBy('namespace_id')
    .limit(chainsPerPage)
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

// Any number; it names these locks among all of the database's advisory locks.
const expiryLock = 7_075_684

/** Deletes some of the oldest events of a chain, if all before them have expired, too. False when there are no more. */
function pruneBeginning(em: EntityManager, namespaceId: string, before: Date): Promise<boolean> {
  return em.transactional(async (inTransaction) => {
    const db = kysely(inTransaction)
    // An instance that does the same at this moment waits here, and then finds that it is done. The head of the chain would do
    // as well, but whatever happens meanwhile would have to wait for it, too.
    await sql`select pg_advisory_xact_lock(${sql.lit(expiryLock)}, hashtext(${namespaceId}))`.execute(db)
    const { rows } = await sql<{ position: string }>`
      insert into activity_checkpoint as k (namespace_id, position, hash, at)
      select namespace_id, position, hash, latest from (
        select namespace_id, position, hash, max(at) over (order by position) as latest
        from (
          select namespace_id, position, hash, at from activity_event where namespace_id = ${namespaceId}
          order by position limit ${sql.lit(eventsPerTransaction)}
        ) oldest
      ) expired
      where latest < ${before.toISOString()}::timestamptz order by position desc limit 1
      on conflict (namespace_id) do update
        set position = excluded.position, hash = excluded.hash, at = greatest(k.at, excluded.at)
        where k.position < excluded.position
      returning position`.execute(db)
    const [checkpoint] = rows
    if (checkpoint === undefined) return false
    const { numDeletedRows } = await db
      .deleteFrom('activity_event')
      .where('namespace_id', '=', namespaceId)
      .where(sql<boolean>`position <= ${checkpoint.position}`)
      .executeTakeFirst()
    return numDeletedRows === BigInt(eventsPerTransaction)
  })
}

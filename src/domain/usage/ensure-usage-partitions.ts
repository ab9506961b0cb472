import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { isDatabaseBusy } from '../shared/database-down.ts'

const monthsAhead = 2

/**
 * Makes the partitions of `usage_day` for this month and the two after it (UTC), where they are missing. What has been written
 * for days of them moves in. Instances that do it at once wait for each other; where somebody is in the way for long, nothing is
 * done, and there are months to try again.
 */
export async function ensureUsagePartitions(em: EntityManager, now: Date): Promise<void> {
  for (let ahead = 0; ahead <= monthsAhead; ahead++) {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead))
    const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead + 1))
    if (!(await exists(em, nameOf(first)))) await addMonth(em, nameOf(first), dayOf(first), dayOf(next))
  }
}

function addMonth(em: EntityManager, name: string, first: string, next: string): Promise<void> {
  return em
    .fork()
    .transactional((inTransaction) => makeMonth(inTransaction, name, first, next))
    .catch((error: unknown) => {
      if (!isDatabaseBusy(error)) throw error
    })
}

async function makeMonth(em: EntityManager, name: string, first: string, next: string): Promise<void> {
  const db = em.getKysely()
  // Less than the second after which PostgreSQL looks for deadlocks: who deletes an organization meanwhile is not to fail.
  await sql`set local lock_timeout = '500ms'`.execute(db)
  await sql`lock table usage_day_rest in access exclusive mode`.execute(db)
  // Only a lock on a table shows for sure what another has made in the meantime.
  if (await exists(em, name)) return
  const month = sql.table(name)
  await sql`create table ${month} (like usage_day including all) with (fillfactor = 90)`.execute(db)
  await sql`
    with moved as (delete from usage_day_rest where day >= ${first} and day < ${next} returning *)
    insert into ${month} select * from moved`.execute(db)
  await sql`
    alter table usage_day attach partition ${month} for values from (${sql.lit(first)}) to (${sql.lit(next)})`.execute(
    db,
  )
}

async function exists(em: EntityManager, name: string): Promise<boolean> {
  const { rows } = await sql<{ exists: boolean }>`select to_regclass(${name}) is not null as exists`.execute(
    em.getKysely(),
  )
  return rows[0]?.exists === true
}

function nameOf(month: Date): string {
  return `usage_day_${dayOf(month).slice(0, 7).replace('-', '_')}`
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}

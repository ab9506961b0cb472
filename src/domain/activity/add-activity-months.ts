import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'

/**
 * Makes the partitions that events of this month and the next go to, where they are missing. Events of a month without one are
 * kept, too, in the partition of all that is later.
 */
export async function addActivityMonths(em: EntityManager, now: Date): Promise<void> {
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1))
  await sql`select activity_event_add_months(${next.toISOString().slice(0, 10)}::date)`.execute(em.getKysely())
}

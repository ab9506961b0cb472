import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'

/**
 * Makes the partitions that events of this month and the next go to, where they are missing. Events of a month without one are
 * kept, too, in the partition of all that is later; so nothing is done while somebody reads the whole log.
 */
export async function ensureActivityPartitions(em: EntityManager, now: Date): Promise<void> {
  await sql`select activity_event_add_months(${firstOfMonth(now, 1)}::date)`.execute(em.getKysely())
}

/** The first day of a month, in UTC, so many months after that of a moment: `2026-12-01`. */
export function firstOfMonth(now: Date, later: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later, 1)).toISOString().slice(0, 10)
}

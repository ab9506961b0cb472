import type { EntityManager } from '@mikro-orm/postgresql'
import { insertActivityMonths } from './activity-partition-store.ts'

/**
 * Creates the partitions of the activity log for this month and the next, if they are missing. Events of a month
 * without a partition are stored in the default partition, so nothing is done while somebody reads the whole log.
 */
export async function ensureActivityPartitions(em: EntityManager, now: Date): Promise<void> {
  await insertActivityMonths(em, firstOfMonth(now, 1))
}

/** The first day of the month that is `later` months after that of `now`, in UTC: `2026-12-01`. */
export function firstOfMonth(now: Date, later: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later, 1)).toISOString().slice(0, 10)
}

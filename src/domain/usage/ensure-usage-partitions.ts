import type { EntityManager } from '@mikro-orm/postgresql'
import { isDatabaseBusy } from '../shared/database-down.ts'
import { findUsagePartition, insertUsagePartition, lockUsagePartitions, type UsageMonth } from './usage-day-store.ts'

const monthsAhead = 2

/**
 * Adds missing partitions of `usage_day` for this month and the next two (UTC). Rows that were written before move
 * there. Instances wait for each other. If the table is locked for long, nothing happens: there are months to try
 * again.
 */
export async function ensureUsagePartitions(em: EntityManager, now: Date): Promise<void> {
  for (let ahead = 0; ahead <= monthsAhead; ahead++) {
    const month = monthOf(now, ahead)
    if (!(await findUsagePartition(em, month))) await addMonth(em, month)
  }
}

function addMonth(em: EntityManager, month: UsageMonth): Promise<void> {
  return em
    .fork()
    .transactional(async (inTransaction) => {
      await lockUsagePartitions(inTransaction)
      // Another instance may have added it before.
      if (!(await findUsagePartition(inTransaction, month))) await insertUsagePartition(inTransaction, month)
    })
    .catch((error: unknown) => {
      if (!isDatabaseBusy(error)) throw error
    })
}

function monthOf(now: Date, ahead: number): UsageMonth {
  const firstDay = (months: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months)).toISOString().slice(0, 10)
  const first = firstDay(ahead)
  return { name: `usage_day_${first.slice(0, 7).replace('-', '_')}`, first, next: firstDay(ahead + 1) }
}

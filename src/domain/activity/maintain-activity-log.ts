import type { EntityManager } from '@mikro-orm/postgresql'
import type { PlanTable } from '../model/plan.ts'
import { deleteEmptyActivityMonths } from './activity-partition-store.ts'
import { ensureActivityPartitions, firstOfMonth } from './ensure-activity-partitions.ts'
import { pruneActivity } from './prune-activity.ts'

/** The daily maintenance of the activity log: creates partitions, deletes expired events, drops empty partitions. */
export async function maintainActivityLog(em: EntityManager, plans: PlanTable, now: Date): Promise<void> {
  await ensureActivityPartitions(em, now)
  await pruneActivity(em, plans, now)
  await deleteEmptyActivityMonths(em, firstOfMonth(now, 0))
}

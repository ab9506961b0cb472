import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { PlanTable } from '../model/plan.ts'
import { ensureActivityPartitions, firstOfMonth } from './ensure-activity-partitions.ts'
import { pruneActivity } from './prune-activity.ts'

/** What the activity log needs every day: room for the next month, and that what has expired goes, with empty partitions. */
export async function maintainActivityLog(em: EntityManager, plans: PlanTable, now: Date): Promise<void> {
  await ensureActivityPartitions(em, now)
  await pruneActivity(em, plans, now)
  await sql`select activity_event_drop_months(${firstOfMonth(now, 0)}::date)`.execute(em.getKysely())
}

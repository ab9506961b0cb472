import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'

/** Creates the missing partitions of the activity log, up to that of the month that begins on this date. */
export async function insertActivityMonths(em: EntityManager, month: string): Promise<void> {
  await sql`select activity_event_add_months(${month}::date)`.execute(em.getKysely())
}

/** Drops the empty partitions of the activity log before this date. */
export async function deleteEmptyActivityMonths(em: EntityManager, before: string): Promise<void> {
  await sql`select activity_event_drop_months(${before}::date)`.execute(em.getKysely())
}

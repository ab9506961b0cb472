import type { EntityManager } from '@mikro-orm/postgresql'
import { daysAfter } from '../shared/duration.ts'
import { pruneDeliveriesBefore } from './delivery-queue-store.ts'

const keptDays = 30

/** Deletes deliveries of notices that are older than 30 days. By then, they have been delivered or have failed. */
export async function pruneDeliveries(em: EntityManager, now: Date): Promise<void> {
  await pruneDeliveriesBefore(em, daysAfter(now, -keptDays))
}

import type { EntityManager } from '@mikro-orm/postgresql'
import type { PlanTable } from '../model/plan.ts'
import { daysAfter } from '../shared/duration.ts'
import { deleteEventsUpTo, listOldestOfChains, lockActivityExpiry, updateCheckpoint } from './activity-expiry-store.ts'

const chainsPerPage = 1_000
const eventsPerTransaction = 5_000

/**
 * Deletes the events that are older than the plan of their organization keeps them. Events of people are kept as long
 * as on the largest plan. Only the beginning of a chain is deleted, up to a checkpoint, from which the rest is
 * verified.
 */
export async function pruneActivity(em: EntityManager, plans: PlanTable, now: Date): Promise<void> {
  let after = ''
  for (;;) {
    const chains = await listOldestOfChains(em, after, chainsPerPage)
    for (const { namespaceId, plan, beginsAt } of chains) {
      const { activityDays } = plans[plan ?? 'BUSINESS']
      const before = activityDays === null ? null : daysAfter(now, -activityDays)
      if (before === null || beginsAt === null || beginsAt >= before.toISOString()) continue
      while (await pruneBeginning(em, namespaceId, before));
    }
    const last = chains.at(-1)
    if (last === undefined || chains.length < chainsPerPage) return
    after = last.namespaceId
  }
}

/** Deletes some of the oldest events of a chain, if all before them have expired. Returns whether there may be more. */
function pruneBeginning(em: EntityManager, namespaceId: string, before: Date): Promise<boolean> {
  return em.transactional(async (inTransaction) => {
    // Another instance that does the same waits here, and then finds that it is done. A lock on the head of the chain
    // would also delay new events.
    await lockActivityExpiry(inTransaction, namespaceId)
    const position = await updateCheckpoint(inTransaction, namespaceId, before, eventsPerTransaction)
    if (position === null) return false
    return (await deleteEventsUpTo(inTransaction, namespaceId, position)) === eventsPerTransaction
  })
}

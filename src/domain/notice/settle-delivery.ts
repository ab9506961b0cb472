import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { DeliveryStatus } from '../model/delivery.ts'
import type { Attempt } from './attempt.ts'
import { type ClaimedDelivery, updateClaimedDelivery } from './delivery-queue-store.ts'
import { nextAttemptAt } from './retry.ts'
import { updateToInactive } from './webhook-store.ts'

/** Stores the outcome of an attempt, and returns the status of the delivery. */
export async function settleDelivery(
  em: EntityManager,
  claimed: ClaimedDelivery,
  { outcome, responseStatus, error, retryAfterMs }: Attempt,
  now: Date,
): Promise<DeliveryStatus> {
  const { namespaceId, id, attempts, leaseEndsAt } = claimed
  const again = againAt(outcome, attempts, now, retryAfterMs)
  const isDelivered = outcome === 'DELIVERED'
  const status = isDelivered ? 'DELIVERED' : again === null ? 'FAILED' : 'PENDING'
  await em.transactional(async (em) => {
    // A deletion of the webhook locks it before its deliveries, too.
    if (outcome === 'GONE') await deactivate(em, claimed, now)
    await updateClaimedDelivery(em, {
      namespaceId,
      id,
      leaseEndsAt,
      // An attempt that we stopped ourselves does not count.
      attempts: outcome === 'STOPPED' ? attempts - 1 : attempts,
      status,
      nextAttemptAt: again?.toISOString() ?? null,
      responseStatus,
      error: outcome === 'STOPPED' ? null : error,
      deliveredAt: isDelivered ? now.toISOString() : null,
    })
  })
  return status
}

function againAt(outcome: Attempt['outcome'], attempts: number, now: Date, retryAfterMs?: number): Date | null {
  switch (outcome) {
    case 'STOPPED':
      return now
    case 'FAILED':
      return nextAttemptAt(attempts, now, retryAfterMs)
    default:
      return null
  }
}

async function deactivate(
  em: EntityManager,
  { namespaceId, webhookId, url }: ClaimedDelivery,
  now: Date,
): Promise<void> {
  if (url === null || !(await updateToInactive(em, namespaceId, webhookId, url))) return
  const context = {
    principal: { kind: 'ANONYMOUS' },
    now,
    origin: { ipAddress: null, userAgent: null, requestId: null },
  } as const
  recordActivity(context, em, {
    namespaceId,
    action: 'webhook.deactivate',
    target: url,
    data: { reason: 'the receiver responded with 410' },
  })
}

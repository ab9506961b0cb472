import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { recordActivity } from '../journal/record-activity.ts'
import type { DeliveryStatus } from '../model/delivery.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import type { Attempt } from './attempt.ts'
import type { ClaimedDelivery } from './claim-deliveries.ts'
import { nextAttemptAt } from './retry.ts'

interface Settlement {
  readonly namespaceId: string
  readonly id: string
  readonly leaseEndsAt: Timestamp
  readonly attempts: number
  readonly status: DeliveryStatus
  readonly nextAttemptAt: Timestamp | null
  readonly responseStatus: number | null
  readonly error: string | null
  readonly deliveredAt: Timestamp | null
}

// Not when another has claimed it since, because the lease was over, or it was replayed: then it is the other's to settle.
const settle = statement((db, value: ValueOf<Settlement>) =>
  sql`
    update delivery set attempts = ${value('attempts')}, status = ${value('status')},
      next_attempt_at = ${value('nextAttemptAt')}, response_status = ${value('responseStatus')},
      error = ${value('error')}, delivered_at = ${value('deliveredAt')}
    where namespace_id = ${value('namespaceId')} and id = ${value('id')}
      and status = 'PENDING' and next_attempt_at = ${value('leaseEndsAt')}`.compile(db),
)

/** Writes down how an attempt ended, and answers what became of the delivery. */
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
    // The webhook before its deliveries, as whoever deletes it.
    if (outcome === 'GONE') await deactivate(em, claimed, now)
    await settle(em, {
      namespaceId,
      id,
      leaseEndsAt,
      // What we broke off ourselves was no attempt.
      attempts: outcome === 'GIVEN_BACK' ? attempts - 1 : attempts,
      status,
      nextAttemptAt: again?.toISOString() ?? null,
      responseStatus,
      error: outcome === 'GIVEN_BACK' ? null : error,
      deliveredAt: isDelivered ? now.toISOString() : null,
    })
  })
  return status
}

function againAt(outcome: Attempt['outcome'], attempts: number, now: Date, retryAfterMs?: number): Date | null {
  switch (outcome) {
    case 'GIVEN_BACK':
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
  const [changed] = await kysely(em)
    .updateTable('webhook')
    .set({ is_active: false })
    .where('namespace_id', '=', namespaceId)
    .where('id', '=', webhookId)
    .where('is_active', '=', true)
    // By the address that is gone: a new one is not.
    .where('url', '=', url)
    .returning('url')
    .execute()
  if (changed === undefined) return
  const context = {
    principal: { kind: 'ANONYMOUS' },
    now,
    origin: { ipAddress: null, userAgent: null, requestId: null },
  } as const
  recordActivity(context, em, {
    namespaceId,
    action: 'webhook.deactivate',
    target: changed.url,
    data: { reason: 'the receiver answered 410' },
  })
}

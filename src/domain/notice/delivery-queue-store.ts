import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { DeliveryStatus } from '../model/delivery.ts'
import { leastIdAt } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { NoticeContent } from './notice-body.ts'

/** A delivery that this instance attempts now. */
export interface ClaimedDelivery extends NoticeContent {
  readonly namespaceId: string
  readonly id: string
  /** Includes this attempt. */
  readonly attempts: number
  /** When the claim ends. Also identifies the claim. */
  readonly leaseEndsAt: Timestamp
  /** Null for a mail, as the other values of a webhook. */
  readonly webhookId: string | null
  readonly url: string | null
  readonly isActive: boolean | null
  readonly encryptedSecret: Buffer | null
  readonly encryptedPreviousSecret: Buffer | null
  readonly previousSecretEndsAt: Timestamp | null
  /** The address of a mail. Null for a webhook, and if the person has no address or is no longer to be notified. */
  readonly email: string | null
}

interface ClaimValues {
  readonly now: Timestamp
  /** When the claimed deliveries are due again, if their outcome has not been stored by then. */
  readonly leaseEndsAt: Timestamp
  /** The webhooks that have enough attempts in progress; 'mail' stands for mail. */
  readonly busy: readonly string[]
  readonly limit: number
}

/**
 * Claims deliveries that are due, each for one instance. They are due again when the claim ends, so that another
 * instance takes over those of a crashed one.
 */
export const lockDueDeliveries = statement((db, value: ValueOf<ClaimValues>) =>
  sql<ClaimedDelivery>`
    with due as (
      select namespace_id, id from delivery
      where next_attempt_at <= ${value('now')}::timestamptz
        and coalesce(webhook_id, 'mail') <> all(${value('busy')}::text[])
      order by next_attempt_at limit ${value('limit')} for update skip locked
    ), claimed as (
      update delivery d set attempts = attempts + 1, next_attempt_at = ${value('leaseEndsAt')}::timestamptz
      from due where d.namespace_id = due.namespace_id and d.id = due.id
      returning d.namespace_id, d.id, d.attempts, d.next_attempt_at, d.notice_id, d.webhook_id, d.user_id
    )
    select c.namespace_id as "namespaceId", c.id, c.attempts, c.next_attempt_at as "leaseEndsAt", n.kind, n.at,
      n.token_id as "tokenId", n.token_label as "tokenLabel", n.data, s.name, c.webhook_id as "webhookId", w.url,
      w.is_active as "isActive", w.encrypted_secret as "encryptedSecret",
      w.encrypted_previous_secret as "encryptedPreviousSecret",
      w.previous_secret_ends_at as "previousSecretEndsAt",
      case when c.user_id = c.namespace_id or m.role = 'OWNER' then u.email end as email
    from claimed c
      join notice n on n.namespace_id = c.namespace_id and n.id = c.notice_id
      join namespace s on s.id = c.namespace_id
      left join webhook w on w.namespace_id = c.namespace_id and w.id = c.webhook_id
      left join user_account u on u.id = c.user_id
      left join membership m on m.organization_id = c.namespace_id and m.user_id = c.user_id`.compile(db),
)

/** The outcome of an attempt. */
export interface Settlement {
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

const updateClaimed = statement((db, value: ValueOf<Settlement>) =>
  sql`
    update delivery set attempts = ${value('attempts')}, status = ${value('status')},
      next_attempt_at = ${value('nextAttemptAt')}, response_status = ${value('responseStatus')},
      error = ${value('error')}, delivered_at = ${value('deliveredAt')}
    where namespace_id = ${value('namespaceId')} and id = ${value('id')}
      and status = 'PENDING' and next_attempt_at = ${value('leaseEndsAt')}`.compile(db),
)

/** Stores the outcome of an attempt, unless the delivery was replayed or claimed again after the claim had ended. */
export async function updateClaimedDelivery(em: EntityManager, settlement: Settlement): Promise<void> {
  await updateClaimed(em, settlement)
}

const batchSize = 1_000

const deleteBatch = statement((db, value: ValueOf<{ prefix: string; before: string }>) =>
  sql<{ id: string }>`
    delete from delivery where id = any(array(
      select id from delivery where id >= ${value('prefix')} and id < ${value('before')}
      order by id limit ${sql.lit(batchSize)} for update skip locked
    )) returning id`.compile(db),
)

/** Deletes the deliveries of notices before this moment, in batches. */
export async function pruneDeliveriesBefore(em: EntityManager, before: Date): Promise<void> {
  for (const prefix of ['mld', 'whd'] as const)
    while ((await deleteBatch(em, { prefix: `${prefix}_`, before: leastIdAt(prefix, before) })).length === batchSize);
}

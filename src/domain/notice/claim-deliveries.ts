import { sql } from 'kysely'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { NoticeContent } from './notice-body.ts'

/** A delivery to be tried now, by whoever claimed it. */
export interface ClaimedDelivery extends NoticeContent {
  readonly namespaceId: string
  readonly id: string
  /** This attempt included. */
  readonly attempts: number
  /** Until when it is ours; also tells this claim from any other. */
  readonly leaseEndsAt: Timestamp
  /** Set for a webhook. */
  readonly webhookId: string | null
  readonly url: string | null
  readonly isActive: boolean | null
  readonly encryptedSecret: Buffer | null
  readonly encryptedPreviousSecret: Buffer | null
  readonly previousSecretEndsAt: Timestamp | null
  /** Set for a mail: the address, where the person has one and is still to be told. */
  readonly email: string | null
}

interface ClaimValues {
  readonly now: Timestamp
  /** When what is claimed may be claimed again, if nothing has been heard of it by then. */
  readonly leaseEndsAt: Timestamp
  /** The webhooks that have enough under way; 'mail' stands for mail. */
  readonly busy: readonly string[]
  readonly limit: number
}

/**
 * Claims deliveries that are due, each for one instance alone: it is due again when the lease is over, so that what a crashed
 * instance had is taken by another.
 */
export const claimDeliveries = statement((db, value: ValueOf<ClaimValues>) =>
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
    select c.namespace_id as "namespaceId", c.id, c.attempts, c.next_attempt_at as "leaseEndsAt", n.kind, n.at, n.token_id as "tokenId",
      n.token_label as "tokenLabel", n.data, s.name, c.webhook_id as "webhookId", w.url, w.is_active as "isActive",
      w.encrypted_secret as "encryptedSecret", w.encrypted_previous_secret as "encryptedPreviousSecret",
      w.previous_secret_ends_at as "previousSecretEndsAt",
      case when c.user_id = c.namespace_id or m.role = 'OWNER' then u.email end as email
    from claimed c
      join notice n on n.namespace_id = c.namespace_id and n.id = c.notice_id
      join namespace s on s.id = c.namespace_id
      left join webhook w on w.namespace_id = c.namespace_id and w.id = c.webhook_id
      left join user_account u on u.id = c.user_id
      left join membership m on m.organization_id = c.namespace_id and m.user_id = c.user_id`.compile(db),
)

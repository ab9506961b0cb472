import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { NoticeKind } from '../model/notice.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { kysely } from '../sql/tables.ts'

export interface NewNotice {
  readonly namespaceId: string
  readonly id: string
  readonly kind: NoticeKind
  readonly at: Date
  readonly token: { readonly id: string; readonly label: string } | null
  readonly data: Readonly<Record<string, string | number>>
  readonly occasion: string
}

/** An inserted notice. */
export interface NoticeRow {
  readonly namespaceId: string
  readonly id: string
  readonly kind: NoticeKind
  readonly at: Timestamp
}

/** Inserts notices, except those whose occasion has one already. */
export function insertNotices(em: EntityManager, notices: readonly NewNotice[]): Promise<NoticeRow[]> {
  return kysely(em)
    .insertInto('notice')
    .values(
      notices.map(({ namespaceId, id, kind, at, token, data, occasion }) => ({
        namespace_id: namespaceId,
        id,
        kind,
        at: at.toISOString(),
        token_id: token?.id ?? null,
        token_label: token?.label ?? null,
        data: sql<typeof data>`${JSON.stringify(data)}::jsonb`,
        occasion,
      })),
    )
    .onConflict((conflict) => conflict.columns(['namespace_id', 'occasion']).doNothing())
    .returning(['namespace_id as namespaceId', 'id', 'kind', 'at'])
    .execute()
}

/** A webhook or a person that receives a notice. One of the two is set. */
export interface Recipient {
  readonly namespaceId: string
  readonly noticeId: string
  readonly at: Timestamp
  readonly webhookId: string | null
  readonly userId: string | null
}

/**
 * The recipients of notices: the active webhooks that subscribe to them, and, if the installation sends mail, the
 * owners of the organization, or the person.
 */
export async function findRecipients(em: EntityManager, notices: readonly NoticeRow[]): Promise<Recipient[]> {
  const { rows } = await sql<Recipient>`
    with n as (
      select * from unnest(
        ${notices.map(({ namespaceId }) => namespaceId)}::text[], ${notices.map(({ id }) => id)}::text[],
        ${notices.map(({ kind }) => kind)}::text[], ${notices.map(({ at }) => at)}::timestamptz[]
      ) as n (namespace_id, id, kind, at)
    )
    select n.namespace_id as "namespaceId", n.id as "noticeId", n.at, w.id as "webhookId", null as "userId"
    from n join webhook w on w.namespace_id = n.namespace_id and w.is_active and n.kind = any(w.events)
    union all
    select n.namespace_id, n.id, n.at, null, u.id
    from n
      left join organization o on o.id = n.namespace_id
      left join membership m on m.organization_id = o.id and m.role = 'OWNER' and o.email_notices
      join user_account u on u.id = case when o.id is null then n.namespace_id else m.user_id end
    where u.email is not null and exists (select from deployment where id = 1 and sends_mail)`.execute(kysely(em))
  return rows
}

/** Inserts a delivery for each recipient, with the id that `idOf` returns, due at the time of the notice. */
export async function insertDeliveries(
  em: EntityManager,
  recipients: readonly Recipient[],
  idOf: (recipient: Recipient) => string,
): Promise<void> {
  await kysely(em)
    .insertInto('delivery')
    .values(
      recipients.map((recipient) => ({
        namespace_id: recipient.namespaceId,
        id: idOf(recipient),
        notice_id: recipient.noticeId,
        webhook_id: recipient.webhookId,
        user_id: recipient.userId,
        status: 'PENDING' as const,
        attempts: 0,
        next_attempt_at: recipient.at,
      })),
    )
    .execute()
}

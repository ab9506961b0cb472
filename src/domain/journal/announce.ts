import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { NoticeKind } from '../model/notice.ts'
import { newId } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { kysely } from '../sql/tables.ts'

/** Something to tell an organization or a person. */
export interface Announcement {
  readonly kind: NoticeKind
  /** The organization or person who is told. */
  readonly namespaceId: string
  readonly at: Date
  /** The token it is about, if it is about one. */
  readonly token: { readonly id: string; readonly label: string } | null
  /** What else there is to say. Never a secret. */
  readonly data: Readonly<Record<string, string | number>>
  /** What makes it the same as another: of one occasion people are told once, however often and by whomever it is announced. */
  readonly occasion: string
}

/**
 * Writes down what is to be told, and to whom, in the transaction that `em` is in: it is sent once that is committed, and not
 * otherwise. What has been announced before is left out.
 */
export async function announce(em: EntityManager, announcements: readonly Announcement[]): Promise<void> {
  if (announcements.length === 0) return
  const notices = await kysely(em)
    .insertInto('notice')
    .values(
      announcements.map(({ kind, namespaceId, at, token, data, occasion }) => ({
        namespace_id: namespaceId,
        id: newId('not', at),
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
  if (notices.length === 0) return

  const recipients = await selectRecipients(em, notices)
  if (recipients.length === 0) return
  await kysely(em)
    .insertInto('delivery')
    .values(
      recipients.map(({ namespaceId, noticeId, at, webhookId, userId }) => ({
        namespace_id: namespaceId,
        id: newId(webhookId === null ? 'mld' : 'whd', new Date(at)),
        notice_id: noticeId,
        webhook_id: webhookId,
        user_id: userId,
        status: 'PENDING' as const,
        attempts: 0,
        next_attempt_at: at,
      })),
    )
    .execute()
}

interface NoticeRow {
  readonly namespaceId: string
  readonly id: string
  readonly kind: NoticeKind
  readonly at: Timestamp
}

interface Recipient {
  readonly namespaceId: string
  readonly noticeId: string
  readonly at: Timestamp
  /** One of the two is set. */
  readonly webhookId: string | null
  readonly userId: string | null
}

/** The active webhooks that want them, and, where mail is sent, the owners of the organization, or the person themself. */
async function selectRecipients(em: EntityManager, notices: readonly NoticeRow[]): Promise<Recipient[]> {
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

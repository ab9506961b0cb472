import { type Kysely, sql } from 'kysely'
import { mayEditOrganization } from '../access/policy.ts'
import type { Call } from '../call.ts'
import { countRows } from '../count-rows.ts'
import { idPrefixOf } from '../id.ts'
import type { DeliveryStatus } from '../notice/delivery.ts'
import type { NoticeContent } from '../notice/notice-body.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../page.ts'
import { sqlOf, type Tables } from '../tables.ts'
import type { Timestamp } from '../timestamp.ts'
import type { WebhookRow } from './find-webhook.ts'

/** A delivery to a webhook as lists and answers need it. */
export interface DeliveryRow extends NoticeContent {
  readonly id: string
  readonly organizationId: string
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly nextAttemptAt: Timestamp | null
  readonly deliveredAt: Timestamp | null
  readonly responseStatus: number | null
  readonly error: string | null
}

function selectDeliveries(db: Kysely<Tables>) {
  return db
    .selectFrom('delivery as d')
    .innerJoin('notice as n', (join) =>
      join.onRef('n.namespace_id', '=', 'd.namespace_id').onRef('n.id', '=', 'd.notice_id'),
    )
    .innerJoin('namespace as s', 's.id', 'd.namespace_id')
    .select([
      'd.id',
      'd.namespace_id as organizationId',
      'd.status',
      'd.attempts',
      'd.next_attempt_at as nextAttemptAt',
      'd.delivered_at as deliveredAt',
      'd.response_status as responseStatus',
      'd.error',
      'n.kind',
      'n.at',
      'n.token_id as tokenId',
      'n.token_label as tokenLabel',
      sql<NoticeContent['data']>`n.data`.as('data'),
      's.name',
    ])
}

/** The deliveries of a webhook, newest first. Throws `Denied` (BAD_USER_INPUT) for the cursor of another list. */
export async function listDeliveries(
  call: Call,
  webhook: WebhookRow,
  page: PageRequest,
  status: DeliveryStatus | null,
): Promise<Page<DeliveryRow>> {
  if (page.after !== null && idPrefixOf(page.after) !== 'whd') throw foreignCursor()
  let matching = selectDeliveries(sqlOf(call.em))
    .where('d.namespace_id', '=', webhook.organizationId)
    .where('d.webhook_id', '=', webhook.id)
  if (status !== null) matching = matching.where('d.status', '=', status)
  let rows = matching.orderBy('d.id', 'desc').limit(page.first + 1)
  if (page.after !== null) rows = rows.where('d.id', '<', page.after)
  return toPage(
    await rows.execute(),
    page,
    ({ id }) => id,
    () => countRows(matching),
  )
}

/** The delivery to a webhook of that id, when the caller manages it; else null, whether it exists or not. */
export async function findVisibleDelivery({ em, principal }: Call, id: string): Promise<DeliveryRow | null> {
  if (idPrefixOf(id) !== 'whd') return null
  const delivery = await selectDeliveries(sqlOf(em)).where('d.id', '=', id).executeTakeFirst()
  return delivery !== undefined && mayEditOrganization(principal, delivery.organizationId) ? delivery : null
}

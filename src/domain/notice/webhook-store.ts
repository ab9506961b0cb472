import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { NoticeKind } from '../model/notice.ts'
import { Webhook } from '../model/webhook.ts'
import type { PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { countRows } from '../sql/count-rows.ts'
import { lockEntity } from '../sql/lock-entity.ts'
import { selectPage } from '../sql/select-page.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

export interface WebhookRow {
  readonly id: string
  readonly organizationId: string
  readonly url: string
  readonly description: string | null
  readonly events: readonly NoticeKind[]
  readonly isActive: boolean
  readonly createdAt: Timestamp
}

/** The row of a created or changed webhook. */
export function toWebhookRow(webhook: Webhook): WebhookRow {
  const { id, namespace: organizationId, url, events, isActive, createdAt } = webhook
  const description = webhook.description ?? null
  return { id, organizationId, url, description, events, isActive, createdAt: createdAt.toISOString() }
}

function selectWebhooks(db: Kysely<Tables>) {
  return db
    .selectFrom('webhook')
    .select([
      'id',
      'namespace_id as organizationId',
      'url',
      'description',
      sql<readonly NoticeKind[]>`events`.as('events'),
      'is_active as isActive',
      'created_at as createdAt',
    ])
}

const selectById = statement((db, value: ValueOf<{ id: string }>) => selectWebhooks(db).where('id', '=', value('id')))

export async function findWebhook(em: EntityManager, id: string): Promise<WebhookRow | null> {
  return (await selectById(em, { id }))[0] ?? null
}

/** The webhooks on a page, oldest first, and one more if the list continues. */
export async function listWebhookRows(
  em: EntityManager,
  organizationId: string,
  page: PageRequest,
): Promise<WebhookRow[]> {
  const webhooks = selectWebhooks(kysely(em)).where('namespace_id', '=', organizationId)
  return selectPage(webhooks, [sql.ref('id')], 'asc', page).execute()
}

export function countWebhooks(em: EntityManager, organizationId: string): Promise<number> {
  return countRows(selectWebhooks(kysely(em)).where('namespace_id', '=', organizationId))
}

/** Locks a webhook until the transaction that `em` is in ends. Null if there is no webhook with that id. */
export function lockWebhook(em: EntityManager, id: string): Promise<Webhook | null> {
  return lockEntity(em, Webhook, 'whk', id)
}

/** Deactivates a webhook if it still has this URL. Returns whether it has changed. */
export async function updateToInactive(
  em: EntityManager,
  namespaceId: string,
  webhookId: string | null,
  url: string | null,
): Promise<boolean> {
  const [changed] = await kysely(em)
    .updateTable('webhook')
    .set({ is_active: false })
    .where('namespace_id', '=', namespaceId)
    .where('id', '=', webhookId)
    .where('is_active', '=', true)
    .where('url', '=', url)
    .returning('url')
    .execute()
  return changed !== undefined
}

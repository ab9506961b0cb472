import { type Kysely, sql } from 'kysely'
import type { NoticeKind } from '../model/notice.ts'
import type { Webhook } from '../model/webhook.ts'
import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** A webhook as lists and answers need it. */
export interface WebhookRow {
  readonly id: string
  readonly organizationId: string
  readonly url: string
  readonly description: string | null
  readonly events: readonly NoticeKind[]
  readonly isActive: boolean
  readonly createdAt: Timestamp
}

/** The row of a webhook that was made or changed. */
export function toWebhookRow(webhook: Webhook): WebhookRow {
  const { id, namespace: organizationId, url, events, isActive, createdAt } = webhook
  const description = webhook.description ?? null
  return { id, organizationId, url, description, events, isActive, createdAt: createdAt.toISOString() }
}

/** Webhooks as `WebhookRow`s. */
export function selectWebhooks(db: Kysely<Tables>) {
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

/** The webhook of that id, when the caller manages it; else null, whether it exists or not. */
export async function findVisibleWebhook({ em, principal }: RequestContext, id: string): Promise<WebhookRow | null> {
  if (idPrefixOf(id) !== 'whk') return null
  const [webhook] = await selectById(em, { id })
  return webhook !== undefined && mayEditOrganization(principal, webhook.organizationId) ? webhook : null
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import { Delivery, type DeliveryStatus } from '../model/delivery.ts'
import type { PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { lockEntity } from '../sql/lock-entity.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'
import type { NoticeContent } from './notice-body.ts'
import type { WebhookRow } from './webhook-store.ts'

/** A delivery to a webhook, with the content of its notice. */
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

/** A page of the deliveries of one webhook. A status narrows the list. */
export interface DeliveriesWanted {
  readonly webhook: WebhookRow
  readonly page: PageRequest
  readonly status: DeliveryStatus | null
}

function selectDeliveries(
  db: Pick<Kysely<Tables>, 'selectFrom'> | Pick<ExpressionBuilder<Tables, never>, 'selectFrom'>,
) {
  return (db as Kysely<Tables>)
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

interface Webhooks {
  readonly webhookIds: readonly string[]
  readonly organizationIds: readonly string[]
  readonly status: DeliveryStatus | null
}

/** The webhooks whose deliveries are wanted, as a table `w`. */
function webhooksWanted(value: ValueOf<Webhooks>) {
  return sql<{ organization_id: string; webhook_id: string }>`unnest(
    ${value('organizationIds')}::text[], ${value('webhookIds')}::text[]
  )`.as<'w'>(sql`w (organization_id, webhook_id)`)
}

const isWanted = (value: ValueOf<Webhooks>) =>
  sql<boolean>`d.namespace_id = w.organization_id and d.webhook_id = w.webhook_id
    and (${value('status')}::text is null or d.status = ${value('status')}::text)`

const selectForward = selectPages('desc')
const selectBackward = selectPages('asc')

function selectPages(direction: 'asc' | 'desc') {
  return statement((db, value: ValueOf<Webhooks & { cursor: string; limit: number }>) =>
    db
      .selectFrom(webhooksWanted(value))
      .innerJoinLateral(
        (from) =>
          selectDeliveries(from)
            .where(isWanted(value))
            .where('d.id', direction === 'desc' ? '<' : '>', value('cursor'))
            .orderBy('d.id', direction)
            .limit(value('limit'))
            .as('delivery'),
        (join) => join.onTrue(),
      )
      .selectAll('delivery')
      .select('w.webhook_id as webhookId')
      .orderBy('delivery.id', direction),
  )
}

// No id comes after it.
const afterEveryId = `whd_${'z'.repeat(26)}`

/**
 * The deliveries on each of these pages, newest first, and one more if the list continues. One statement for all
 * webhooks of which the same page is wanted.
 */
export async function findDeliveries(
  em: EntityManager,
  wanted: readonly DeliveriesWanted[],
): Promise<Array<readonly DeliveryRow[]>> {
  return forAlike(
    wanted,
    ({ page, status }) => JSON.stringify([page, status]),
    async (alike, { page: { size, cursor, isBackward }, status }) => {
      const select = isBackward ? selectBackward : selectForward
      const values = { ...idsOf(alike), status, cursor: cursor ?? (isBackward ? '' : afterEveryId), limit: size + 1 }
      return Map.groupBy(await select(em, values), ({ webhookId }) => webhookId)
    },
    [],
  )
}

const countPages = statement((db, value: ValueOf<Webhooks>) =>
  db
    .selectFrom(webhooksWanted(value))
    .innerJoin('delivery as d', (join) => join.on(isWanted(value)))
    .select(['w.webhook_id as webhookId', sql<number>`count(*)::int`.as('count')])
    .groupBy('w.webhook_id'),
)

/**
 * The number of deliveries in each of these lists. One statement for all webhooks of which the same status is wanted.
 */
export async function countDeliveries(em: EntityManager, wanted: readonly DeliveriesWanted[]): Promise<number[]> {
  return forAlike(
    wanted,
    ({ status }) => String(status),
    async (alike, { status }) =>
      new Map((await countPages(em, { ...idsOf(alike), status })).map(({ webhookId, count }) => [webhookId, count])),
    0,
  )
}

/** Loads what is wanted of webhooks, with one call of `find` for all that want the same. */
async function forAlike<Value>(
  wanted: readonly DeliveriesWanted[],
  kindOf: (each: DeliveriesWanted) => string,
  find: (alike: readonly DeliveriesWanted[], first: DeliveriesWanted) => Promise<ReadonlyMap<string, Value>>,
  otherwise: Value,
): Promise<Value[]> {
  const found = await Promise.all(
    [...Map.groupBy(wanted, kindOf).values()].map(async (alike) => {
      const byWebhook = alike[0] === undefined ? new Map<string, Value>() : await find(alike, alike[0])
      return alike.map((each) => [each, byWebhook.get(each.webhook.id) ?? otherwise] as const)
    }),
  )
  const values = new Map(found.flat())
  return wanted.map((each) => values.get(each) ?? otherwise)
}

function idsOf(wanted: readonly DeliveriesWanted[]): Omit<Webhooks, 'status'> {
  return {
    webhookIds: wanted.map(({ webhook }) => webhook.id),
    organizationIds: wanted.map(({ webhook }) => webhook.organizationId),
  }
}

const selectById = statement((db, value: ValueOf<{ id: string }>) =>
  selectDeliveries(db).where('d.id', '=', value('id')),
)

export async function findDelivery(em: EntityManager, id: string): Promise<DeliveryRow | null> {
  return (await selectById(em, { id }))[0] ?? null
}

/** Locks a delivery to a webhook until the transaction that `em` is in ends. */
export function lockDelivery(em: EntityManager, id: string): Promise<Delivery | null> {
  return lockEntity(em, Delivery, 'whd', id)
}

import { recordActivity } from '../journal/record-activity.ts'
import type { Delivery } from '../model/delivery.ts'
import { Webhook } from '../model/webhook.ts'
import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { type DeliveryRow, lockDelivery } from './delivery-store.ts'
import { findVisibleDelivery } from './find-delivery.ts'

/**
 * Sends a delivery again now, whatever its status, with the same id and body. If it fails, it is retried as a new one.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID if the webhook is inactive).
 */
export async function replayDelivery(context: RequestContext, id: string): Promise<DeliveryRow> {
  requirePerson(context.principal)
  await context.em.transactional(async (em) => {
    const delivery = await lockDelivery(em, id)
    const webhook = delivery?.webhook && (await em.findOne(Webhook, { id: delivery.webhook }))
    if (!delivery || !webhook || !mayEditOrganization(context.principal, delivery.namespace)) throwUnknownDelivery()
    if (!webhook.isActive)
      throwInvalid('INVALID', ['id'], 'The webhook is inactive. Activate it first, with updateWebhook.')
    Object.assign<Delivery, Partial<Delivery>>(delivery, {
      status: 'PENDING',
      attempts: 0,
      nextAttemptAt: context.now,
      responseStatus: null,
      error: null,
      deliveredAt: null,
    })
    recordActivity(context, em, {
      namespaceId: delivery.namespace,
      action: 'webhook.replay',
      target: webhook.url,
      data: { delivery: id },
    })
  })
  context.em.clear()
  return (await findVisibleDelivery(context, id)) ?? throwUnknownDelivery()
}

/** Throws `InvalidInput` (NOT_FOUND), whether the delivery does not exist or the caller does not manage it. */
export function throwUnknownDelivery(): never {
  throwInvalid('NOT_FOUND', ['id'], 'There is no delivery of this id to a webhook that you manage. Check the id.')
}

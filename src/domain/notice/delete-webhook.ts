import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { lockManagedWebhook } from './require-webhook.ts'
import { toWebhookRow, type WebhookRow } from './webhook-store.ts'

/**
 * Deletes a webhook with its deliveries, also pending ones. Returns the deleted webhook.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteWebhook(context: RequestContext, id: string): Promise<WebhookRow> {
  return context.em.transactional(async (em) => {
    const webhook = await lockManagedWebhook(context, em, id)
    em.remove(webhook)
    recordActivity(context, em, { namespaceId: webhook.namespace, action: 'webhook.delete', target: webhook.url })
    return toWebhookRow(webhook)
  })
}

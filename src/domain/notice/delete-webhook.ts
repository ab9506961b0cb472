import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { lockManagedWebhook } from './require-webhook.ts'

/**
 * Deletes a webhook with its deliveries, also pending ones. Returns the id of the webhook.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteWebhook(context: RequestContext, id: string): Promise<string> {
  await context.em.transactional(async (em) => {
    const webhook = await lockManagedWebhook(context, em, id)
    em.remove(webhook)
    recordActivity(context, em, { namespaceId: webhook.namespace, action: 'webhook.delete', target: webhook.url })
  })
  return id
}

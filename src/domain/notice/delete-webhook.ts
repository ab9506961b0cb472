import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { lockWebhook } from './require-webhook.ts'

/**
 * Deletes a webhook, with its deliveries: what was not delivered is not. Answers the id of what was deleted.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteWebhook(context: RequestContext, id: string): Promise<string> {
  await context.em.transactional(async (em) => {
    const webhook = await lockWebhook(context, em, id)
    em.remove(webhook)
    recordActivity(context, em, { namespaceId: webhook.namespace, action: 'webhook.delete', target: webhook.url })
  })
  return id
}

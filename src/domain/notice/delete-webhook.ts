import { recordActivity } from '../journal/record-activity.ts'
import type { Call } from '../policy/call.ts'
import { lockWebhook } from './require-webhook.ts'

/**
 * Deletes a webhook, with its deliveries: what was not delivered is not. Answers the id of what was deleted.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND).
 */
export async function deleteWebhook(call: Call, id: string): Promise<string> {
  await call.em.transactional(async (em) => {
    const webhook = await lockWebhook(call, em, id)
    em.remove(webhook)
    recordActivity(call, em, { namespaceId: webhook.namespace, action: 'webhook.delete', target: webhook.url })
  })
  return id
}

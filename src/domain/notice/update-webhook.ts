import { recordActivity } from '../journal/record-activity.ts'
import type { NoticeKind } from '../model/notice.ts'
import type { Webhook } from '../model/webhook.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { flagInput, parseInput } from '../shared/input.ts'
import { lockManagedWebhook } from './require-webhook.ts'
import { webhookDescriptionInput, webhookEventsInput, webhookUrlInput } from './webhook-rules.ts'
import { toWebhookRow, type WebhookRow } from './webhook-store.ts'

/** Absent members stay as they are. A description of null is removed. */
export interface UpdateWebhookInput {
  readonly url?: string | null | undefined
  readonly events?: readonly NoticeKind[] | null | undefined
  readonly description?: string | null | undefined
  readonly active?: boolean | null | undefined
}

const shape = {
  url: webhookUrlInput.optional(),
  events: webhookEventsInput.optional(),
  description: webhookDescriptionInput.optional(),
  active: flagInput.optional(),
}

/**
 * Changes a webhook. Pending deliveries use its new URL, and fail while it is inactive.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function updateWebhook(
  context: RequestContext,
  id: string,
  input: UpdateWebhookInput,
): Promise<WebhookRow> {
  return context.em.transactional(async (em) => {
    const webhook = await lockManagedWebhook(context, em, id)
    const before = toWebhookRow(webhook)
    const { active: isActive = before.isActive, ...changes } = parseInput(shape, input)
    const after = { ...before, ...changes, isActive }
    const data = {
      ...(after.url !== before.url && { url: after.url }),
      ...(after.events.join(' ') !== before.events.join(' ') && { events: after.events.join(' ') }),
      ...(after.description !== before.description && { description: after.description ?? '' }),
      ...(after.isActive !== before.isActive && { active: String(after.isActive) }),
    }
    if (Object.keys(data).length === 0) return before
    const { url, events, description } = after
    Object.assign<Webhook, Partial<Webhook>>(webhook, { url, events: [...events], description, isActive })
    // The event is found by the old URL. The new URL is in its data.
    recordActivity(context, em, { namespaceId: webhook.namespace, action: 'webhook.update', target: before.url, data })
    return after
  })
}

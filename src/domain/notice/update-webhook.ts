import { recordActivity } from '../journal/record-activity.ts'
import type { NoticeKind } from '../model/notice.ts'
import type { Webhook } from '../model/webhook.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors } from '../shared/errors.ts'
import { parseOptionalText } from '../shared/text.ts'
import { toWebhookRow, type WebhookRow } from './find-webhook.ts'
import { lockWebhook } from './require-webhook.ts'
import { parseEvents, parseWebhookUrl, webhookDescriptionRule } from './webhook-rules.ts'

/** Absent: unchanged. A description of null is taken away. */
export interface UpdateWebhookInput {
  readonly url?: string | null | undefined
  readonly events?: readonly NoticeKind[] | null | undefined
  readonly description?: string | null | undefined
  readonly active?: boolean | null | undefined
}

/**
 * Changes a webhook; what waits to be delivered goes to where it leads by then, and nowhere while it is inactive.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function updateWebhook(
  context: RequestContext,
  id: string,
  input: UpdateWebhookInput,
): Promise<WebhookRow> {
  return context.em.transactional(async (em) => {
    const webhook = await lockWebhook(context, em, id)
    const before = toWebhookRow(webhook)
    const wanted = { ...before, ...parseChanges(input) }
    const data = {
      ...(wanted.url !== before.url && { url: wanted.url }),
      ...(wanted.events.join(' ') !== before.events.join(' ') && { events: wanted.events.join(' ') }),
      ...(wanted.description !== before.description && { description: wanted.description ?? '' }),
      ...(wanted.isActive !== before.isActive && { active: String(wanted.isActive) }),
    }
    if (Object.keys(data).length === 0) return before
    const { url, events, description, isActive } = wanted
    Object.assign<Webhook, Partial<Webhook>>(webhook, { url, events: [...events], description, isActive })
    // By the address it had: the new one is among what changed.
    recordActivity(context, em, { namespaceId: webhook.namespace, action: 'webhook.update', target: before.url, data })
    return wanted
  })
}

function parseChanges({ url, events, description, active }: UpdateWebhookInput): Partial<WebhookRow> {
  const errors = new InputErrors()
  const at = (member: string) => ['input', member]
  const changes = {
    ...(url !== undefined && { url: parseWebhookUrl(url ?? '', at('url'), errors) }),
    ...(events !== undefined && { events: parseEvents(events ?? [], at('events'), errors) }),
    ...(description !== undefined && {
      description: parseOptionalText(description, webhookDescriptionRule, at('description'), errors),
    }),
    ...(typeof active === 'boolean' && { isActive: active }),
  }
  if (active === null) errors.add('INVALID', at('active'), 'Say true or false, or leave it out.')
  errors.throwIfAny()
  return changes
}

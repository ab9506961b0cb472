import { lockOrganization } from '../account/organization-store.ts'
import { requireOrganizationEditor } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { NoticeKind } from '../model/notice.ts'
import { Webhook } from '../model/webhook.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { encrypt } from '../secrets/secret-key.ts'
import { throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseInput } from '../shared/input.ts'
import { generateSigningSecret } from './signing-secret.ts'
import { maxWebhooks, webhookDescriptionInput, webhookEventsInput, webhookUrlInput } from './webhook-rules.ts'
import { countWebhooks, toWebhookRow, type WebhookRow } from './webhook-store.ts'

export interface CreateWebhookInput {
  readonly organization: string
  readonly url: string
  readonly events: readonly NoticeKind[]
  readonly description?: string | null | undefined
}

/** A webhook and its secret, which is shown once. */
export interface SecretWebhook {
  readonly webhook: WebhookRow
  readonly secret: string
}

const shape = {
  url: webhookUrlInput,
  events: webhookEventsInput,
  description: webhookDescriptionInput.default(null),
}

/**
 * Creates a webhook, which receives an organization's notices from now on.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function createWebhook(context: RequestContext, input: CreateWebhookInput): Promise<SecretWebhook> {
  const path = ['input', 'organization']
  const { id, name } = await requireOrganizationEditor(context.em, context.principal, input.organization, path)
  const { url, events, description } = parseInput(shape, input)

  const secret = generateSigningSecret()
  const webhook = await context.em.transactional(async (em) => {
    // Concurrent requests count each other's webhooks.
    await lockOrganization(em, id)
    if ((await countWebhooks(em, id)) >= maxWebhooks)
      throwInvalid(
        'INVALID',
        ['input'],
        `The organization ${name} has ${maxWebhooks} webhooks, the most there may be. Delete one.`,
      )
    recordActivity(context, em, {
      namespaceId: id,
      action: 'webhook.create',
      target: url,
      data: { events: events.join(' ') },
    })
    return em.create(Webhook, {
      id: newId('whk', context.now),
      namespace: id,
      url,
      description,
      events,
      isActive: true,
      encryptedSecret: encrypt(secret.bytes, context.settings.encryptionKey),
      createdAt: context.now,
    })
  })
  return { webhook: toWebhookRow(webhook), secret: secret.text }
}

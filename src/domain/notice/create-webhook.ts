import type { EntityManager } from '@mikro-orm/postgresql'
import { lockOrganization } from '../account/organization-store.ts'
import { requireOrganizationEditor } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { NoticeKind } from '../model/notice.ts'
import { Webhook } from '../model/webhook.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { encrypt } from '../secrets/secret-key.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseOptionalText } from '../shared/text.ts'
import { toWebhookRow, type WebhookRow } from './find-webhook.ts'
import { mintSigningSecret } from './signing-secret.ts'
import { maxWebhooks, parseEvents, parseWebhookUrl, webhookDescriptionRule } from './webhook-rules.ts'

export interface CreateWebhookInput {
  readonly organization: string
  readonly url: string
  readonly events: readonly NoticeKind[]
  readonly description?: string | null | undefined
}

/** A webhook and its secret, which is shown this once. */
export interface SecretWebhook {
  readonly webhook: WebhookRow
  readonly secret: string
}

/**
 * Has an organization told of notices at an address, from now on.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function createWebhook(context: RequestContext, input: CreateWebhookInput): Promise<SecretWebhook> {
  const at = (member: string) => ['input', member]
  const { id, name } = await requireOrganizationEditor(
    context.em,
    context.principal,
    input.organization,
    at('organization'),
  )
  const errors = new InputErrors()
  const url = parseWebhookUrl(input.url, at('url'), errors)
  const events = parseEvents(input.events, at('events'), errors)
  const description = parseOptionalText(input.description, webhookDescriptionRule, at('description'), errors)
  errors.throwIfAny()

  const secret = mintSigningSecret()
  const webhook = await context.em.transactional(async (em) => {
    // Of those made at once, each counts those before it.
    await lockOrganization(em, id)
    await requireWebhookRoom(em, id, name)
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

async function requireWebhookRoom(em: EntityManager, namespace: string, name: string): Promise<void> {
  if ((await em.count(Webhook, { namespace })) >= maxWebhooks)
    throwInvalid(
      'INVALID',
      ['input'],
      `The organization ${name} has ${maxWebhooks} webhooks, the most there may be. Delete one.`,
    )
}

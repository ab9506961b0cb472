import { vi } from 'vitest'
import {
  CreateWebhookDocument,
  type CreateWebhookInput,
  type NoticeKind,
  type WebhookDeliveryStatus,
  WebhooksDocument,
} from '../../schema/typed-documents.ts'
import { type Announcement, announce } from '../../src/domain/journal/announce.ts'
import { newId } from '../../src/domain/shared/id.ts'
import type { Client } from '../harness/client.ts'
import { patience } from '../harness/patience.ts'
import type { Postern } from '../harness/postern.ts'

/** A webhook of `acme` that receives notifications of used-up limits, unless `input` says otherwise. */
export async function createWebhook(
  owner: Client,
  input: Partial<CreateWebhookInput> & { readonly url: string },
): Promise<{ readonly id: string; readonly secret: string }> {
  const { createWebhook: payload } = await owner.execute(CreateWebhookDocument, {
    input: { organization: 'acme', events: ['USAGE_LIMIT_REACHED'], ...input },
  })
  if (!payload.webhook || !payload.secret) throw new Error(JSON.stringify(payload.userErrors))
  return { id: payload.webhook.id, secret: payload.secret }
}

let created = 0
/** A notification of a namespace: its pulls are used up, unless `more` says otherwise. */
export function announcement(namespaceId: string, more: Partial<Announcement> = {}): Announcement {
  const kind: NoticeKind = 'USAGE_LIMIT_REACHED'
  const token = { id: newId('tok', new Date()), label: 'ci' }
  return { kind, namespaceId, at: new Date(), token, data: { limit: 20 }, occasion: `test:${++created}`, ...more }
}

/** Announces it in its own transaction. */
export async function createNotice(
  postern: Postern,
  namespaceId: string,
  more: Partial<Announcement> = {},
): Promise<void> {
  await postern.em().transactional((em) => announce(em, [announcement(namespaceId, more)]))
}

/** The webhooks of an organization with their deliveries, as its owner reads them. */
export async function webhooksOf(owner: Client, status?: WebhookDeliveryStatus, name = 'acme') {
  const { organization } = await owner.execute(WebhooksDocument, { organization: name, status })
  return organization?.webhooks.nodes ?? []
}

/** The deliveries of a webhook, newest first. */
export async function deliveriesOf(owner: Client, id: string, organization = 'acme') {
  return (await webhooksOf(owner, undefined, organization)).find((webhook) => webhook.id === id)?.deliveries.nodes ?? []
}

/** Waits until the newest delivery of a webhook fulfils a condition, and returns it. */
export async function waitForDelivery(
  owner: Client,
  webhookId: string,
  isSo: (delivery: Awaited<ReturnType<typeof deliveriesOf>>[number]) => boolean,
) {
  return vi.waitFor(async () => {
    const [delivery] = await deliveriesOf(owner, webhookId)
    if (delivery === undefined || !isSo(delivery)) throw new Error(`It is ${JSON.stringify(delivery)}.`)
    return delivery
  }, patience)
}

/** Changes all pending deliveries so that they are due. */
export async function expireDelays(postern: Postern): Promise<void> {
  await postern.em().execute("update delivery set next_attempt_at = now() where status = 'PENDING'")
}

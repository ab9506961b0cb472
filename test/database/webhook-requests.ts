import * as documents from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import type { Postern } from '../harness/postern.ts'
import { createNotice } from '../webhook/arrange.ts'
import type { Ask } from './ask.ts'

/** Every request for webhooks of `acme`, and their deliveries. */
export async function everyWebhookRequest(
  ask: Ask,
  postern: Postern,
  owner: Client,
  organizationId: string,
): Promise<void> {
  const organization = 'acme'
  const url = 'http://127.0.0.1:9/hook'
  const ids: string[] = []
  for (const description of ['the one', 'the other']) {
    const input = { organization, url, description, events: ['USAGE_LIMIT_REACHED' as const] }
    const { createWebhook } = await ask(owner, documents.CreateWebhookDocument, { input })
    ids.push(createWebhook.webhook?.id ?? '')
  }
  const [id = '', other = ''] = ids
  await createNotice(postern, organizationId)
  await createNotice(postern, organizationId)
  const { organization: found } = await ask(owner, documents.WebhooksDocument, { organization, first: 1 })
  const after = found?.webhooks.pageInfo.endCursor ?? ''
  for (const variables of [{ after }, { status: 'PENDING' as const }])
    await ask(owner, documents.WebhooksDocument, { organization, ...variables })
  const [delivery] = found?.webhooks.nodes[0]?.deliveries.nodes ?? []
  for (const node of [id, delivery?.id ?? '']) await ask(owner, documents.NodeDocument, { id: node })
  await ask(owner, documents.UpdateWebhookDocument, { id, input: { url: `${url}/new` } })
  await ask(owner, documents.RotateWebhookSecretDocument, { id })
  await ask(owner, documents.ReplayWebhookDeliveryDocument, { id: delivery?.id ?? '' })
  await ask(owner, documents.UpdateOrganizationDocument, { organization, input: { emailNotices: false } })
  await ask(owner, documents.DeleteWebhookDocument, { id: other })
}

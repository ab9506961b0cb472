import {
  CreateWebhookDocument,
  DeleteWebhookDocument,
  ReplayWebhookDeliveryDocument,
  RotateWebhookSecretDocument,
  UpdateOrganizationDocument,
  UpdateWebhookDocument,
} from '../../schema/typed-documents.ts'
import { createNotice, createWebhook, deliveriesOf } from '../webhook/arrange.ts'
import { type Act, fresh, ofOwner, type World } from './acts.ts'

/** A webhook with an address that nobody listens at. Ten per organization are allowed. */
async function newWebhook({ postern, owner, acme }: World) {
  await postern.em().execute('delete from webhook where namespace_id = ?', [acme])
  const url = `http://127.0.0.1:9/${fresh('hook')}`
  return { url, ...(await createWebhook(owner, { url })) }
}

/** Every action on webhooks and mail that records an event. */
export const webhookActs: readonly Act[] = [
  {
    action: 'webhook.create',
    prepare(world) {
      const url = `http://127.0.0.1:9/${fresh('hook')}`
      const input = { organization: 'acme', url, events: ['TOKEN_EXPIRED' as const, 'TOKEN_EXPIRING' as const] }
      const event = { target: url, data: { events: 'TOKEN_EXPIRING TOKEN_EXPIRED' } }
      return ofOwner(world, CreateWebhookDocument, { input }, event)
    },
  },
  {
    action: 'webhook.update',
    async prepare(world) {
      const { id, url } = await newWebhook(world)
      const input = { url: `${url}/new`, description: 'what it is for', active: false }
      const data = { url: `${url}/new`, description: 'what it is for', active: 'false' }
      return ofOwner(world, UpdateWebhookDocument, { id, input }, { target: url, data })
    },
  },
  {
    action: 'webhook.secret_rotate',
    async prepare(world) {
      const { id, url } = await newWebhook(world)
      return ofOwner(world, RotateWebhookSecretDocument, { id }, { target: url })
    },
  },
  {
    action: 'webhook.delete',
    async prepare(world) {
      const { id, url } = await newWebhook(world)
      return ofOwner(world, DeleteWebhookDocument, { id }, { target: url })
    },
  },
  {
    action: 'webhook.replay',
    async prepare(world) {
      const webhook = await newWebhook(world)
      await createNotice(world.postern, world.acme)
      const id = (await deliveriesOf(world.owner, webhook.id))[0]?.id ?? ''
      return ofOwner(world, ReplayWebhookDeliveryDocument, { id }, { target: webhook.url, data: { delivery: id } })
    },
  },
  {
    action: 'organization.update',
    how: 'of mail',
    prepare(world) {
      const event = { target: 'acme', data: { emailNotices: 'false' } }
      return ofOwner(world, UpdateOrganizationDocument, { organization: 'acme', input: { emailNotices: false } }, event)
    },
  },
]

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  CreateWebhookDocument,
  type CreateWebhookInput,
  DeleteWebhookDocument,
  UpdateWebhookDocument,
  type UpdateWebhookInput,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { contentsOf } from '../token/contents.ts'
import { createNotice, createWebhook, deliveriesOf, webhooksOf } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())
beforeEach(async () => {
  await postern.em().execute('delete from webhook')
})

// Nobody listens there.
const url = 'http://127.0.0.1:9/hook'

async function tryToCreate(input: Partial<CreateWebhookInput>) {
  const wanted = { organization: 'acme', url, events: ['TOKEN_EXPIRED' as const], ...input }
  return (await owner.execute(CreateWebhookDocument, { input: wanted })).createWebhook
}

async function update(id: string, input: UpdateWebhookInput) {
  return (await owner.execute(UpdateWebhookDocument, { id, input })).updateWebhook
}

describe('createWebhook', () => {
  it('returns the secret once, and stores it encrypted', async () => {
    const { webhook, secret, userErrors } = await tryToCreate({
      url: 'HTTPS://Hooks.Example.com',
      events: ['USAGE_LIMIT_NEAR', 'TOKEN_EXPIRED', 'TOKEN_EXPIRED'],
      description: ' for the team ',
    })
    expect(userErrors).toEqual([])
    expect(webhook).toMatchObject({
      url: 'https://hooks.example.com/',
      events: ['TOKEN_EXPIRED', 'USAGE_LIMIT_NEAR'],
      description: 'for the team',
      isActive: true,
    })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const bytes = Buffer.from(secret?.slice('whsec_'.length) ?? '', 'base64')
    const contents = await contentsOf(postern.em())
    for (const form of [secret ?? '', bytes.toString('hex'), bytes.toString('base64')])
      expect(JSON.stringify(contents)).not.toContain(form)
  })

  it.each([
    ['ftp://example.com/', 'url'],
    ['https://user@example.com/', 'url'],
    ['https://:password@example.com/', 'url'],
    ['https://example.com/#part', 'url'],
    ['example.com', 'url'],
    ['', 'url'],
    [`https://example.com/${'x'.repeat(2_000)}`, 'url'],
  ])('createWebhook is INVALID with the URL %s', async (address, place) => {
    expect(faultsOf(await tryToCreate({ url: address }))).toEqual([`INVALID input.${place}`])
  })

  it('reports all errors together, and changes nothing', async () => {
    const before = await databaseDigest(postern)
    const failed = await tryToCreate({ url: '', events: [], description: 'x'.repeat(201) })
    expect(faultsOf(failed)).toEqual(['INVALID input.url', 'INVALID input.events', 'INVALID input.description'])
    expect(faultsOf(await tryToCreate({ organization: 'absent' }))).toEqual(['NOT_FOUND input.organization'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('creates at most ten for an organization, however many are requested at once', async () => {
    const payloads = await Promise.all(Array.from({ length: 14 }, () => tryToCreate({})))
    expect(payloads.filter(({ webhook }) => webhook)).toHaveLength(10)
    expect(await webhooksOf(owner)).toHaveLength(10)
  })
})

describe('updateWebhook', () => {
  it('changes the given values, and nothing else', async () => {
    const { id } = await createWebhook(owner, { url, description: 'one' })
    expect(await update(id, { events: ['TOKEN_EXPIRED'] })).toMatchObject({
      webhook: { url, description: 'one', events: ['TOKEN_EXPIRED'], isActive: true },
    })
    expect(await update(id, { description: null, active: false })).toMatchObject({
      webhook: { url, description: null, events: ['TOKEN_EXPIRED'], isActive: false },
    })
    const failed = await update(id, { url: null, events: null, active: null })
    expect(faultsOf(failed)).toEqual(['INVALID input.url', 'INVALID input.events', 'INVALID input.active'])
    expect(await webhooksOf(owner)).toMatchObject([{ url, isActive: false }])
  })

  it('deactivates it: no new deliveries are created', async () => {
    const { id } = await createWebhook(owner, { url })
    await update(id, { active: false })
    await createNotice(postern, acme)
    expect(await deliveriesOf(owner, id)).toEqual([])
  })
})

describe('deleteWebhook', () => {
  it('deletes its deliveries, and no other webhook', async () => {
    const [{ id }, other] = [await createWebhook(owner, { url }), await createWebhook(owner, { url })]
    await createNotice(postern, acme)
    const { deleteWebhook } = await owner.execute(DeleteWebhookDocument, { id })
    expect(deleteWebhook).toEqual({ deletedId: id, userErrors: [] })
    expect(await webhooksOf(owner)).toMatchObject([{ id: other.id, deliveries: { totalCount: 1 } }])
    expect(await webhooksOf(owner, 'DELIVERED')).toMatchObject([{ id: other.id, deliveries: { totalCount: 0 } }])
  })
})

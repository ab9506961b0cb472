import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ReplayWebhookDeliveryDocument,
  RotateWebhookSecretDocument,
  UpdateWebhookDocument,
} from '../../schema/typed-documents.ts'
import { announce } from '../../src/domain/journal/announce.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { type Received, type Receiver, respondWith, startReceiver } from '../harness/receiver.ts'
import { announcement, createNotice, createWebhook, deliveriesOf, expireDelays, waitForDelivery } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string
let receiver: Receiver

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())
beforeEach(async () => {
  receiver = await startReceiver()
  await postern.em().execute('delete from webhook')
  return () => receiver.stop()
})

function verify(secret: string, { body, headers }: Received): unknown {
  return new Verifier(secret).verify(body, headers as Record<string, string>)
}

describe('a notice', () => {
  it('a notice is sent to the webhooks that want it, signed as in Standard Webhooks', async () => {
    const { id, secret } = await createWebhook(owner, { url: receiver.url })
    await createWebhook(owner, { url: `${receiver.url}/other`, events: ['TOKEN_EXPIRED'] })
    const at = new Date()
    await createNotice(postern, acme, { at, token: { id: 'tok_1', label: 'ci' }, data: { limit: 20, used: 20 } })
    const delivery = await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')
    const [received] = receiver.received
    if (received === undefined) throw new Error('Nothing came.')
    expect(receiver.received).toHaveLength(1)
    expect(verify(secret, received)).toEqual({
      type: 'usage_limit.reached',
      timestamp: at.toISOString(),
      data: { organization: 'acme', token: { id: 'tok_1', label: 'ci' }, limit: 20, used: 20 },
    })
    expect(received.headers).toMatchObject({ 'webhook-id': delivery.id, 'content-type': 'application/json' })
    expect(delivery).toMatchObject({
      kind: 'USAGE_LIMIT_REACHED',
      at: at.toISOString(),
      attempts: 1,
      responseStatus: 204,
      error: null,
      nextAttemptAt: null,
      deliveredAt: expect.any(String),
      payload: received.body,
    })
    expect(() => verify(secret, { ...received, body: `${received.body} ` })).toThrow()
  })

  it('a notice is sent once per event, and not at all if the transaction is rolled back', async () => {
    const { id } = await createWebhook(owner, { url: receiver.url })
    const twice = announcement(acme)
    await postern.em().transactional((em) => announce(em, [twice]))
    await postern.em().transactional((em) => announce(em, [twice]))
    const rolledBack = postern.em().transactional(async (em) => {
      await announce(em, [announcement(acme)])
      throw new Error('rolled back')
    })
    await expect(rolledBack).rejects.toThrow('rolled back')
    await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')
    expect(await deliveriesOf(owner, id)).toHaveLength(1)
    expect(receiver.received).toHaveLength(1)
  })

  it('a notice is sent by one of two instances', async () => {
    const second = await postern.startSecondInstance()
    try {
      const { id } = await createWebhook(owner, { url: receiver.url })
      const announcements = Array.from({ length: 40 }, () => announcement(acme))
      await postern.em().transactional((em) => announce(em, announcements))
      await receiver.waitFor(40)
      await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(40)
      expect(receiver.received).toHaveLength(40)
    } finally {
      await second.stop()
    }
  })
})

describe('a delivery that fails', () => {
  it.each([500, 404, 302])('a delivery that fails is sent again after %i', async (status) => {
    receiver.answering = respondWith(status, { location: `${receiver.url}/elsewhere` })
    const { id } = await createWebhook(owner, { url: receiver.url })
    await createNotice(postern, acme)
    const failed = await waitForDelivery(owner, id, ({ error }) => error !== null)
    expect(failed).toMatchObject({ status: 'PENDING', attempts: 1, responseStatus: status })
    const wait = Date.parse(failed.nextAttemptAt ?? '') - Date.now()
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(6_000)
    receiver.answering = respondWith(200)
    await expireDelays(postern)
    expect(await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')).toMatchObject({ attempts: 2 })
    expect(receiver.received.map(({ url }) => url)).toEqual(['/hook', '/hook'])
    const [first, second] = receiver.received
    expect([second?.body, second?.headers['webhook-id']]).toEqual([first?.body, first?.headers['webhook-id']])
  })

  it('a delivery that fails is sent again if nobody listened, and later if the receiver says so', async () => {
    await receiver.stop()
    const { id } = await createWebhook(owner, { url: receiver.url })
    await createNotice(postern, acme)
    const unreachable = await waitForDelivery(owner, id, ({ error }) => error !== null)
    expect(unreachable).toMatchObject({
      status: 'PENDING',
      responseStatus: null,
      error: expect.stringContaining('ECONNREFUSED'),
    })

    receiver = await startReceiver(Number(new URL(receiver.url).port))
    receiver.answering = respondWith(503, { 'retry-after': '7200' })
    await expireDelays(postern)
    const later = await waitForDelivery(owner, id, ({ responseStatus }) => responseStatus === 503)
    expect(Date.parse(later.nextAttemptAt ?? '') - Date.now()).toBeGreaterThan(7_100_000)
  })

  it('a delivery that fails has failed after the ninth attempt, and can be replayed from the start', async () => {
    receiver.answering = respondWith(500)
    const { id } = await createWebhook(owner, { url: receiver.url })
    await createNotice(postern, acme)
    const { id: deliveryId } = await waitForDelivery(
      owner,
      id,
      ({ attempts, error }) => attempts === 1 && error !== null,
    )
    await postern.em().execute('update delivery set attempts = 8')
    await expireDelays(postern)
    const failed = await waitForDelivery(owner, id, ({ status }) => status === 'FAILED')
    expect(failed).toMatchObject({ attempts: 9, nextAttemptAt: null, responseStatus: 500 })

    receiver.answering = respondWith(200)
    const { replayWebhookDelivery } = await owner.execute(ReplayWebhookDeliveryDocument, { id: deliveryId })
    expect(replayWebhookDelivery).toMatchObject({ delivery: { status: 'PENDING', attempts: 0 }, userErrors: [] })
    expect(await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')).toMatchObject({ attempts: 1 })
  })

  it('a delivery that fails is claimed again after an instance crashed, once its claim expires', async () => {
    const { id } = await createWebhook(owner, { url: receiver.url })
    await postern.em().transactional(async (em) => {
      await announce(em, [announcement(acme)])
      await em.execute("update delivery set attempts = 1, next_attempt_at = now() + interval '1 minute'")
    })
    await expireDelays(postern)
    expect(await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')).toMatchObject({ attempts: 2 })
  })

  it('deactivates the webhook if the receiver is gone', async () => {
    receiver.answering = respondWith(410)
    const { id } = await createWebhook(owner, { url: receiver.url })
    await createNotice(postern, acme)
    await waitForDelivery(owner, id, ({ status }) => status === 'FAILED')
    await createNotice(postern, acme)
    expect(await deliveriesOf(owner, id)).toHaveLength(1)
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'webhook.deactivate',
      actorName: 'system',
      target: receiver.url,
    })
    const [delivery] = await deliveriesOf(owner, id)
    const variables = { id: delivery?.id ?? '' }
    const { replayWebhookDelivery } = await owner.execute(ReplayWebhookDeliveryDocument, variables)
    expect(replayWebhookDelivery.userErrors).toMatchObject([{ code: 'INVALID', path: ['id'] }])
    receiver.answering = respondWith(200)
    await owner.execute(UpdateWebhookDocument, { id, input: { active: true } })
    await owner.execute(ReplayWebhookDeliveryDocument, variables)
    await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')
  })
})

describe('an attempt', () => {
  it('an attempt is counted by its outcome', async () => {
    const counted = async () => {
      const text = await (await fetch(`${postern.url}/metrics`)).text()
      const of = (outcome: string) =>
        Number(
          new RegExp(`^postern_delivery_attempts_total{channel="webhook",outcome="${outcome}"} (\\d+)$`, 'm').exec(
            text,
          )?.[1] ?? 0,
        )
      return ['pending', 'delivered', 'failed'].map(of)
    }
    const before = await counted()
    receiver.answering = respondWith(500)
    const { id } = await createWebhook(owner, { url: receiver.url })
    await createNotice(postern, acme)
    await waitForDelivery(owner, id, ({ error }) => error !== null)
    receiver.answering = respondWith(204)
    await expireDelays(postern)
    await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')
    // Counted once it is recorded.
    await vi.waitFor(
      async () => expect((await counted()).map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 0]),
      patience,
    )
  })
})

describe('a slow receiver', () => {
  it('delays no other, and its deliveries are released by a stop', async () => {
    const slow = await startReceiver()
    slow.answering = () => undefined
    const { id: slowId } = await createWebhook(owner, { url: slow.url })
    const { id } = await createWebhook(owner, { url: receiver.url, events: ['TOKEN_EXPIRED'] })
    await createNotice(postern, acme)
    await slow.waitFor(1)
    await createNotice(postern, acme, { kind: 'TOKEN_EXPIRED' })
    await waitForDelivery(owner, id, ({ status }) => status === 'DELIVERED')
    expect(await deliveriesOf(owner, slowId)).toMatchObject([{ status: 'PENDING', attempts: 1, error: null }])

    // No response arrives for what is in progress.
    slow.answering = respondWith(200)
    await postern.restart()
    owner = await postern.signInAsAdministrator()
    expect(await waitForDelivery(owner, slowId, ({ status }) => status === 'DELIVERED')).toMatchObject({ attempts: 1 })
    await slow.stop()
  })
})

describe('a rotation of the secret', () => {
  it('lets both secrets sign for a day', async () => {
    const { id, secret: before } = await createWebhook(owner, { url: receiver.url })
    const { rotateWebhookSecret } = await owner.execute(RotateWebhookSecretDocument, { id })
    const after = rotateWebhookSecret.secret ?? ''
    await createNotice(postern, acme)
    const [during] = await receiver.waitFor(1)
    if (during === undefined) throw new Error('Nothing came.')
    for (const secret of [before, after]) expect(verify(secret, during)).toMatchObject({ type: 'usage_limit.reached' })

    await postern.em().execute('update webhook set previous_secret_ends_at = now()')
    await createNotice(postern, acme)
    const [, later] = await receiver.waitFor(2)
    if (later === undefined) throw new Error('Nothing came.')
    expect(verify(after, later)).toMatchObject({ type: 'usage_limit.reached' })
    expect(() => verify(before, later)).toThrow()
  })
})

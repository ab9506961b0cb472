import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  DeleteRepositoryDocument,
  GenerateOrganizationTokenDocument,
  UpdateOrganizationDocument,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { isAction } from '../account/recorded-activity.ts'
import { startOpenidProvider } from '../harness/openid-provider.ts'
import { createOrganization, createRepository, generateToken, startPostern } from '../harness/postern.ts'
import { everyRepository } from '../token/arrange.ts'
import type { World } from './acts.ts'
import { everyAct } from './every-act.ts'

let world: World

beforeAll(async () => {
  const postern = await startPostern()
  const owner = await postern.signInAsAdministrator()
  const provider = await startOpenidProvider()
  world = { postern, owner, acme: await createOrganization(owner, 'acme', 'BUSINESS'), provider }
})
afterEach(() => allowEvents())
afterAll(async () => {
  await world.postern.stop()
  await world.provider.stop()
})

async function forbidEvents(): Promise<void> {
  await world.postern.em().execute('alter table activity_event add constraint forbidden check (false) not valid')
}

async function allowEvents(): Promise<void> {
  await world.postern.em().execute('alter table activity_event drop constraint if exists forbidden')
}

/** The events that are written while `work` runs. */
async function eventsOf(work: () => Promise<unknown>): Promise<ActivityEvent[]> {
  const known = new Set((await world.postern.em().find(ActivityEvent, {})).map(({ id }) => id))
  await work()
  return (await world.postern.em().find(ActivityEvent, {})).filter((event) => !known.has(event.id) && isAction(event))
}

const userAgent = 'acts/1.0 (test)'

describe.each(everyAct.map((act) => ({ ...act, name: [act.action, act.how].filter(Boolean).join(' ') })))(
  '$name',
  (act) => {
    it('is one event, with actor, action, time and origin', async () => {
      const { send, event } = await act.prepare(world)
      const from = new Date()
      let response: Awaited<ReturnType<typeof send>> | undefined
      const events = await eventsOf(async () => {
        // No proxy is trusted, so the header must not count.
        response = await send({ 'user-agent': userAgent, 'x-forwarded-for': '203.0.113.9', 'x-request-id': 'mine' })
      })
      if (response === undefined) throw new Error('Nothing was answered.')
      expect(events).toHaveLength(1)
      const [{ id, at, ...written } = { id: '', at: new Date(0) }] = events
      expect({ ...written }).toEqual({
        action: act.action,
        tokenId: null,
        tokenLabel: null,
        ipAddress: '127.0.0.1',
        userAgent,
        requestId: response.requestId,
        ...(await event(response)),
      })
      expect(response.requestId).toMatch(/^[0-9a-f-]{36}$/)
      expect(id).toMatch(/^evt_[0-9A-Z]{26}$/)
      expect(at.getTime()).toBeGreaterThanOrEqual(from.getTime())
      expect(at.getTime()).toBeLessThanOrEqual(Date.now())
    })

    it('fails if its event cannot be written', async () => {
      const { send } = await act.prepare(world)
      // Every request may write last uses.
      const before = await databaseDigest(world.postern)
      await forbidEvents()
      const response = await send({})
      expect(response.failed).toBe(true)
      expect(JSON.stringify(response.body)).not.toMatch(/activity_event|constraint|forbidden|pstn_/)
      expect(await databaseDigest(world.postern)).toEqual(before)
      // The same action succeeds as soon as events can be written.
      await allowEvents()
      const events = await eventsOf(() => send({}))
      expect(events.map(({ action }) => action)).toEqual([act.action])
    })
  },
)

describe('deleting a repository that tokens name', () => {
  it('fails for all tokens if one of its events cannot be written', async () => {
    await createRepository(world.owner, 'acme/named')
    const scopes = [{ ...everyRepository(), path: 'acme/named' }]
    for (const label of ['one', 'two']) await generateToken(world.owner, { label, scopes })
    const before = await databaseDigest(world.postern)
    await world.postern
      .em()
      .execute("alter table activity_event add constraint forbidden check (token_label <> 'two') not valid")
    const codes = await world.owner.codesOf(DeleteRepositoryDocument, { name: 'acme/named' })
    expect(codes).toEqual(['INTERNAL_SERVER_ERROR'])
    expect(await databaseDigest(world.postern)).toBe(before)
  })
})

describe('an event', () => {
  it('contains at most 256 characters of a user agent', async () => {
    const query =
      'mutation { updateOrganization(organization: "acme", input: { displayName: "A" }) { userErrors { code } } }'
    const [event] = await eventsOf(() => world.owner.send({ query }, { 'user-agent': 'x'.repeat(2_000) }))
    expect(event?.userAgent).toBe('x'.repeat(256))
  })

  it('an event is written for each of several actions in one request', async () => {
    const update = (name: string) =>
      `${name}: updateOrganization(organization: "acme", input: { displayName: "${name}" }) { userErrors { code } }`
    const events = await eventsOf(() => world.owner.send({ query: `mutation { ${update('a')} ${update('b')} }` }))
    expect(events.map(({ data }) => data.displayName).toSorted()).toEqual(['a', 'b'])
    expect(new Set(events.map(({ requestId }) => requestId)).size).toBe(1)
  })

  it('an event can contain all characters that people can write', async () => {
    const displayName = `"quoted" \\u0000 \\ 'single' 🛂 </script>`
    const events = await eventsOf(() =>
      world.owner.execute(UpdateOrganizationDocument, { organization: 'acme', input: { displayName } }),
    )
    expect(events.map(({ data }) => data)).toEqual([{ displayName }])
  })

  it('never contains a secret or a password, whatever the action', async () => {
    const input = { organization: 'acme', label: 'last', scopes: [everyRepository()], idempotencyKey: 'a key of mine' }
    await world.owner.execute(GenerateOrganizationTokenDocument, { input })
    const events = JSON.stringify(await world.postern.em().find(ActivityEvent, {}))
    for (const { action } of everyAct) expect(events).toContain(action)
    expect(events).not.toMatch(/pstn_|password"|a long password|a password of some length|correct horse/)
    expect(events).not.toContain('a key of mine')
  })

  it('survives the deletion of its token', async () => {
    const events = await world.postern.em().find(ActivityEvent, { action: 'access_token.delete' })
    expect(events.length).toBeGreaterThan(0)
    for (const { tokenId } of events) {
      const eventsOfToken = await world.postern.em().find(ActivityEvent, { tokenId })
      const actions = eventsOfToken.map(({ action }) => action).toSorted()
      const created = ['user.device_sign_in', 'access_token.recreate'].find((action) => actions.includes(action))
      expect(actions).toEqual(['access_token.delete', created ?? 'access_token.create'].toSorted())
    }
  })
})

describe('behind a trusted proxy', () => {
  it('an event has the address that a trusted proxy reports', async () => {
    const postern = await startPostern({ trustProxy: ['127.0.0.1'] })
    try {
      const query =
        'mutation { signIn(input: { username: "admin", password: "correct horse battery staple" }) { userErrors { code } } }'
      await postern.client().send({ query }, { 'x-forwarded-for': '198.51.100.4, 203.0.113.9' })
      await postern.client().send({ query }, { 'x-forwarded-for': '2001:db8::7' })
      await postern.client().send({ query }, { 'x-forwarded-for': 'fe80::1%eth0' })
      await postern.client().send({ query }, { 'x-forwarded-for': 'nonsense' })
      const events = await postern.em().find(ActivityEvent, { action: 'user.sign_in' }, { orderBy: { at: 'asc' } })
      expect(events.map(({ ipAddress }) => ipAddress)).toEqual(['203.0.113.9', '2001:db8::7', 'fe80::1', null])
    } finally {
      await postern.stop()
    }
  })
})

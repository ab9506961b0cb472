import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  DeleteRepositoryDocument,
  GenerateOrganizationTokenDocument,
  UpdateOrganizationDocument,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { isAct } from '../account/recorded-activity.ts'
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

/** The events that are written while `work` is under way. */
async function eventsOf(work: () => Promise<unknown>): Promise<ActivityEvent[]> {
  const known = new Set((await world.postern.em().find(ActivityEvent, {})).map(({ id }) => id))
  await work()
  return (await world.postern.em().find(ActivityEvent, {})).filter((event) => !known.has(event.id) && isAct(event))
}

const userAgent = 'acts/1.0 (test)'

describe.each(everyAct.map((act) => ({ ...act, name: [act.action, act.how].filter(Boolean).join(' ') })))(
  '$name',
  (act) => {
    it('is one event, with who, what, when and from where', async () => {
      const { send, event } = await act.prepare(world)
      const from = new Date()
      let answer: Awaited<ReturnType<typeof send>> | undefined
      const events = await eventsOf(async () => {
        // Nobody is trusted to say from where a request comes.
        answer = await send({ 'user-agent': userAgent, 'x-forwarded-for': '203.0.113.9', 'x-request-id': 'mine' })
      })
      if (answer === undefined) throw new Error('Nothing was answered.')
      expect(events).toHaveLength(1)
      const [{ id, at, ...written } = { id: '', at: new Date(0) }] = events
      expect({ ...written }).toEqual({
        action: act.action,
        tokenId: null,
        tokenLabel: null,
        ipAddress: '127.0.0.1',
        userAgent,
        requestId: answer.requestId,
        ...(await event(answer)),
      })
      expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/)
      expect(id).toMatch(/^evt_[0-9A-Z]{26}$/)
      expect(at.getTime()).toBeGreaterThanOrEqual(from.getTime())
      expect(at.getTime()).toBeLessThanOrEqual(Date.now())
    })

    it('does not happen when its event cannot be written', async () => {
      const { send } = await act.prepare(world)
      // When a token was last used is written by whatever it asks for.
      const before = await databaseDigest(world.postern)
      await forbidEvents()
      const answer = await send({})
      expect(answer.failed).toBe(true)
      expect(JSON.stringify(answer.body)).not.toMatch(/activity_event|constraint|forbidden|pstn_/)
      expect(await databaseDigest(world.postern)).toEqual(before)
      // The same act happens as soon as it can be written down.
      await allowEvents()
      const events = await eventsOf(() => send({}))
      expect(events.map(({ action }) => action)).toEqual([act.action])
    })
  },
)

describe('the deletion of a repository that tokens name', () => {
  it('does not happen, for no token, when one of its events cannot be written', async () => {
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
  it('holds no more than 512 characters of a user agent', async () => {
    const query =
      'mutation { updateOrganization(organization: "acme", input: { displayName: "A" }) { userErrors { code } } }'
    const [event] = await eventsOf(() => world.owner.send({ query }, { 'user-agent': 'x'.repeat(2_000) }))
    expect(event?.userAgent).toBe('x'.repeat(512))
  })

  it('is written for each of several acts in one request', async () => {
    const update = (name: string) =>
      `${name}: updateOrganization(organization: "acme", input: { displayName: "${name}" }) { userErrors { code } }`
    const events = await eventsOf(() => world.owner.send({ query: `mutation { ${update('a')} ${update('b')} }` }))
    expect(events.map(({ data }) => data.displayName).toSorted()).toEqual(['a', 'b'])
    expect(new Set(events.map(({ requestId }) => requestId)).size).toBe(1)
  })

  it('can hold whatever people can write', async () => {
    const displayName = `"quoted" \\u0000 \\ 'single' 🛂 </script>`
    const events = await eventsOf(() =>
      world.owner.execute(UpdateOrganizationDocument, { organization: 'acme', input: { displayName } }),
    )
    expect(events.map(({ data }) => data)).toEqual([{ displayName }])
  })

  it('never holds a secret or a password, whatever was done', async () => {
    const input = { organization: 'acme', label: 'last', scopes: [everyRepository()], idempotencyKey: 'a key of mine' }
    await world.owner.execute(GenerateOrganizationTokenDocument, { input })
    const events = JSON.stringify(await world.postern.em().find(ActivityEvent, {}))
    for (const { action } of everyAct) expect(events).toContain(action)
    expect(events).not.toMatch(/pstn_|password"|a long password|a password of some length|correct horse/)
    expect(events).not.toContain('a key of mine')
  })

  it('outlives the token it tells of', async () => {
    const events = await world.postern.em().find(ActivityEvent, { action: 'access_token.delete' })
    expect(events.length).toBeGreaterThan(0)
    for (const { tokenId } of events) {
      const told = await world.postern.em().find(ActivityEvent, { tokenId })
      const actions = told.map(({ action }) => action).toSorted()
      const made = actions.includes('user.device_sign_in') ? 'user.device_sign_in' : 'access_token.create'
      expect(actions).toEqual(['access_token.delete', made].toSorted())
    }
  })
})

describe('behind a trusted proxy', () => {
  it('an event tells the address that the proxy saw', async () => {
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

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { GeneratePersonalTokenDocument } from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { RegistryEvent } from '../../src/domain/model/registry-event.ts'
import { AccessTokenLastUse, UsageWindow } from '../../src/domain/model/usage-tables.ts'
import { pruneRegistryEvents } from '../../src/domain/registry-events/registry-event-store.ts'
import { generateToken } from '../harness/postern.ts'
import { digestOf } from '../harness/registry-reports.ts'
import { addMember } from '../token/arrange.ts'
import { arrangeReports } from './arrange-reports.ts'

const { world, notification, push, post, report, logOf, used } = arrangeReports()

describe('the endpoint for reports', () => {
  it.each(['', 'Bearer wrong', 'Bearer ', `Basic ${Buffer.from('a:b').toString('base64')}`])(
    'rejects the header %j',
    async (authorization) => {
      const result = await post({ events: [notification()] }, { authorization })
      expect(result).toEqual({ status: 401, body: { error: expect.stringMatching(/REGISTRY_EVENTS_SECRET/) } })
      expect(await used()).toBe(0)
    },
  )

  it('rejects a session and an access token', async () => {
    const { secret } = await generateToken(world.owner)
    expect(await post({ events: [] }, { authorization: `Bearer ${secret}` })).toMatchObject({ status: 401 })
  })
})

describe('a reported pull', () => {
  it('counts, is an event of the repository, and a use of the token', async () => {
    expect(await report(notification())).toEqual({ status: 200, body: { recorded: 1 } })
    expect(await used()).toBe(1)
    expect(await logOf()).toEqual([
      expect.objectContaining({
        action: 'repository.pull',
        target: 'acme/app:1.0',
        actor: expect.objectContaining({ kind: 'ORGANIZATION_TOKEN', name: 'acme' }),
        ipAddress: '203.0.113.9',
        userAgent: 'skopeo/1.9.3',
        data: expect.arrayContaining([{ key: 'digest', value: digestOf('a') }]),
      }),
    ])
    const event = await world.postern
      .em()
      .findOneOrFail(ActivityEvent, { tokenId: world.token, action: 'repository.pull' })
    expect(event.requestId).toBe('request-of-the-registry')
    await expect
      .poll(() => world.postern.em().findOne(AccessTokenLastUse, { token: world.token }), { timeout: 20_000 })
      .toMatchObject({ repository: 'acme/app', client: 'skopeo/1.9.3', ipAddress: '203.0.113.9' })
  })

  it.each([
    ['a layer', { target: { mediaType: 'application/octet-stream' } }],
    ['a layer by its media type', { target: { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' } }],
    ['a mount', { action: 'mount', target: { fromRepository: 'acme/lib', mediaType: 'application/octet-stream' } }],
    ['an unknown event', { action: 'replicate' }],
  ])('a reported pull is not %s', async (_what, changes) => {
    expect(await report(notification(changes))).toEqual({ status: 200, body: { recorded: 0 } })
    expect({ used: await used(), log: await logOf() }).toEqual({ used: 0, log: [] })
  })

  it('a pull by digest contains the digest, and is found by its repository', async () => {
    await report(notification({ target: { tag: undefined } }))
    const target = `acme/app@${digestOf('a')}`
    expect(await logOf({ token: world.token, repository: 'acme/app' })).toMatchObject([{ target }])
    expect(await logOf({ token: world.token, repository: 'acme/ap' })).toEqual([])
  })

  it('a reported pull can be in the format of version 3, from a proxy, and from IPv6', async () => {
    const reported = notification({ request: { addr: '[2001:db8::7]:4711' } })
    await post({ events: [reported] }, { 'content-type': 'application/vnd.docker.distribution.events.v2+json' })
    expect(await logOf()).toMatchObject([{ ipAddress: '2001:db8::7' }])
  })

  it('a pull of an anonymous client has no actor', async () => {
    const { actor, ...anonymous } = notification()
    expect(actor).toBeDefined()
    const [before] = await logOf({ repository: 'acme/app', actor: 'anonymous' })
    expect(before).toBeUndefined()
    expect(await report({ ...anonymous, actor: {} })).toMatchObject({ body: { recorded: 1 } })
    expect(await logOf({ actions: ['repository.pull'] })).toMatchObject([
      expect.objectContaining({ actor: { kind: 'SYSTEM', name: 'anonymous', user: null }, tokenLabel: null }),
      ...Array((await logOf({ actions: ['repository.pull'] })).length - 1).fill(expect.anything()),
    ])
  })

  it('a pull with a token that was deleted meanwhile is recorded, and counts for nobody', async () => {
    const name = 'tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM'
    expect(await report(notification({ actor: { name } }))).toMatchObject({ body: { recorded: 1 } })
    expect(await world.postern.em().count(UsageWindow, { subjectId: name })).toBe(0)
  })

  it('a pull in a namespace that does not exist is ignored', async () => {
    expect(await report(notification({ target: { repository: 'nowhere/app' } }))).toMatchObject({
      body: { recorded: 0 },
    })
  })

  it('a pull with a personal token counts for its person, and names both', async () => {
    const ida = await world.postern.signUp(`ida-${randomUUID().slice(0, 8)}`)
    await addMember(world.postern.em(), world.acme, ida.username, 'MEMBER')
    const { generatePersonalToken } = await ida.client.execute(GeneratePersonalTokenDocument, {
      input: { label: 'laptop', access: 'READ' },
    })
    const id = generatePersonalToken.accessToken?.id ?? ''
    await report(notification({ actor: { name: id } }))
    const kind = 'PERSONAL_TOKEN'
    expect(await logOf({ token: id })).toMatchObject([{ actor: { kind, name: ida.username }, tokenLabel: 'laptop' }])
    const windows = await world.postern.em().find(UsageWindow, {})
    expect(windows.map(({ subjectId, pulls }) => [subjectId.slice(0, 4), pulls])).toEqual([['usr_', 1]])
  })
})

describe('a repeated report', () => {
  it('counts once, in one request, in the next, and at another server at the same moment', async () => {
    const second = await world.postern.startSecondInstance()
    try {
      const reported = notification()
      await report(reported, reported)
      await report(reported)
      const once = notification()
      const both = [world.postern.url, second.url].flatMap((url) => Array(5).fill(url))
      const responses = await Promise.all(both.map((url) => post({ events: [once] }, {}, url)))
      expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
      expect(responses.reduce((sum, { body }) => sum + (body.recorded ?? 0), 0)).toBe(1)
      expect(await used()).toBe(2)
      expect(await logOf()).toHaveLength(2)
    } finally {
      await second.stop()
    }
  })

  it('leaves no trace after the time in which registries repeat', async () => {
    const reported = notification()
    await report(reported)
    const days = (count: number) => new Date(Date.now() + count * 24 * 60 * 60 * 1000)
    await pruneRegistryEvents(world.postern.em(), days(29))
    expect(await world.postern.em().count(RegistryEvent, { id: reported.id })).toBe(1)
    await pruneRegistryEvents(world.postern.em(), days(31))
    expect(await world.postern.em().count(RegistryEvent, { id: reported.id })).toBe(0)
  })
})

describe('a request with reports', () => {
  it('a request with reports can contain many kinds of events', async () => {
    const events = Array.from({ length: 50 }, (_, index) => (index % 2 ? notification() : push()))
    expect(await report(...events)).toEqual({ status: 200, body: { recorded: 50 } })
    expect(await used()).toBe(25)
    expect(await logOf()).toHaveLength(50)
  })

  it('a request with reports is recorded except for the events that cannot be parsed', async () => {
    const odd = [null, 7, 'text', [], {}, { ...notification(), id: '' }, { ...notification(), timestamp: 'yesterday' }]
    const strange = notification({ target: { tag: 'a\u0000b', digest: 'x'.repeat(9_000) }, request: { addr: 'pipe' } })
    expect(await report(...odd, strange)).toEqual({ status: 200, body: { recorded: 1 } })
    expect(await logOf()).toMatchObject([{ target: 'acme/app:ab', ipAddress: null }])
  })

  it.each(['', 'no JSON', '[]', 'null', '{"events":{}}', '{}'])(
    'the body %j is accepted without an event, because otherwise the registry would send it forever',
    async (body) => expect(await post(body)).toEqual({ status: 200, body: { recorded: 0 } }),
  )

  it('an event from a wrong clock counts in the current window, not in a future one', async () => {
    await report(notification({ timestamp: '2099-01-01T00:00:00Z' }))
    expect(await used()).toBe(1)
    const [event] = await logOf()
    expect(Date.parse(String(event?.at))).toBeLessThanOrEqual(Date.now())
  })
})

describe('a report of many events', () => {
  it('is read up to its thousandth event', async () => {
    const unreadable = (count: number) => Array.from({ length: count }, () => ({}))
    expect(await post({ events: [...unreadable(999), push()] })).toMatchObject({ body: { recorded: 1 } })
    expect(await post({ events: [...unreadable(1_000), push()] })).toMatchObject({ status: 200, body: { recorded: 0 } })
  })

  it('has up to a thousand references per manifest', async () => {
    const layers = Array.from({ length: 2_000 }, (_, index) => (index % 2 === 0 ? { mediaType: 'text/plain' } : null))
    const { target, ...rest } = push()
    expect(await post({ events: [{ ...rest, target: { ...target, references: layers } }] })).toMatchObject({
      body: { recorded: 1 },
    })
  })
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  ActivityDocument,
  type ActivityFilter,
  GeneratePersonalTokenDocument,
  RepositoryTagsDocument,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { RegistryEvent } from '../../src/domain/model/registry-event.ts'
import { RepositoryTag } from '../../src/domain/model/repository-tag.ts'
import { AccessTokenLastUse, UsageWindow } from '../../src/domain/model/usage-tables.ts'
import { pruneRegistryEvents } from '../../src/domain/registry-events/registry-event-store.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { addMember } from '../token/arrange.ts'

const manifest = 'application/vnd.oci.image.manifest.v1+json'
const start = Date.now() - 60_000
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString()
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`

let postern: Postern
let owner: Client
let acme: string
let token: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/app')
})
beforeEach(async () => {
  token = (await generateToken(owner)).id
  await postern.em().nativeDelete(RepositoryTag, {})
  await postern.em().nativeDelete(UsageWindow, {})
})
afterAll(() => postern.stop())

interface Changes {
  readonly id?: string
  readonly timestamp?: string
  readonly action?: string
  readonly target?: object
  readonly request?: object
  readonly actor?: object
}

/** A pull of `acme/app:1.0` with the token, as a registry tells of it. */
function notification({ target, request, ...changes }: Changes = {}) {
  return {
    id: randomUUID(),
    timestamp: new Date().toISOString().replace('Z', '937964Z'),
    action: 'pull',
    target: {
      mediaType: manifest,
      size: 400,
      digest: digestOf('a'),
      length: 400,
      repository: 'acme/app',
      url: `https://registry.example.org/v2/acme/app/manifests/${digestOf('a')}`,
      tag: '1.0',
      ...target,
    },
    request: {
      id: 'request-of-the-registry',
      addr: '203.0.113.9:36728',
      host: 'registry.example.org',
      method: 'GET',
      useragent: 'skopeo/1.9.3',
      ...request,
    },
    actor: { name: token },
    source: { addr: 'vm:5000', instanceID: randomUUID() },
    ...changes,
  }
}

const push = (changes: Changes = {}) =>
  notification({ action: 'push', ...changes, request: { method: 'PUT', ...changes.request } })

async function post(body: string | object, headers: Record<string, string> = {}, url = postern.url) {
  const response = await fetch(`${url}/registry/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
      authorization: `Bearer ${postern.config.registryEventsSecret}`,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answer: { readonly recorded?: number; readonly error?: string } = JSON.parse(await response.text())
  return { status: response.status, body: answer }
}

const tell = (...events: readonly unknown[]) => post({ events })

/** What the log has of the token, the newest first. */
async function logOf(filter: ActivityFilter = { token }) {
  const { organization } = await owner.execute(ActivityDocument, { organization: 'acme', filter })
  return (organization?.activity.nodes ?? []).filter(({ action }) => action.startsWith('repository.'))
}

async function used(): Promise<number | undefined> {
  const { accessToken } = await owner.execute(AccessTokenDocument, { id: token })
  return accessToken?.usageLimit.used
}

async function tags(name = 'acme/app') {
  const { repository } = await owner.execute(RepositoryTagsDocument, { name })
  return repository?.tags.nodes
}

describe('who may tell', () => {
  it.each(['', 'Bearer wrong', 'Bearer ', `Basic ${Buffer.from('a:b').toString('base64')}`])(
    'is not somebody with the header %j',
    async (authorization) => {
      const answer = await post({ events: [notification()] }, { authorization })
      expect(answer).toEqual({ status: 401, body: { error: expect.stringMatching(/REGISTRY_EVENTS_SECRET/) } })
      expect(await used()).toBe(0)
    },
  )

  it('is nobody with a session or an access token', async () => {
    const { secret } = await generateToken(owner)
    expect(await post({ events: [] }, { authorization: `Bearer ${secret}` })).toMatchObject({ status: 401 })
  })
})

describe('a pull', () => {
  it('counts, is an event of the repository, and a use of the token', async () => {
    expect(await tell(notification())).toEqual({ status: 200, body: { recorded: 1 } })
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
    const event = await postern.em().findOneOrFail(ActivityEvent, { tokenId: token, action: 'repository.pull' })
    expect(event.requestId).toBe('request-of-the-registry')
    await expect
      .poll(() => postern.em().findOne(AccessTokenLastUse, { token }), { timeout: 20_000 })
      .toMatchObject({ repository: 'acme/app', client: 'skopeo/1.9.3', ipAddress: '203.0.113.9' })
  })

  it.each([
    ['a layer', { target: { mediaType: 'application/octet-stream' } }],
    ['a layer by its own type', { target: { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' } }],
    ['a mount', { action: 'mount', target: { fromRepository: 'acme/lib', mediaType: 'application/octet-stream' } }],
    ['something that is not known yet', { action: 'replicate' }],
  ])('is not %s', async (_what, changes) => {
    expect(await tell(notification(changes))).toEqual({ status: 200, body: { recorded: 0 } })
    expect({ used: await used(), log: await logOf() }).toEqual({ used: 0, log: [] })
  })

  it('by digest names the digest, and is found by its repository', async () => {
    await tell(notification({ target: { tag: undefined } }))
    const target = `acme/app@${digestOf('a')}`
    expect(await logOf({ token, repository: 'acme/app' })).toMatchObject([{ target }])
    expect(await logOf({ token, repository: 'acme/ap' })).toEqual([])
  })

  it('is told in the form of version 3, by a proxy, and from IPv6', async () => {
    const told = notification({ request: { addr: '[2001:db8::7]:4711' } })
    await post({ events: [told] }, { 'content-type': 'application/vnd.docker.distribution.events.v2+json' })
    expect(await logOf()).toMatchObject([{ ipAddress: '2001:db8::7' }])
  })

  it('of an anonymous client is one of nobody', async () => {
    const { actor, ...anonymous } = notification()
    expect(actor).toBeDefined()
    const [before] = await logOf({ repository: 'acme/app', actor: 'anonymous' })
    expect(before).toBeUndefined()
    expect(await tell({ ...anonymous, actor: {} })).toMatchObject({ body: { recorded: 1 } })
    expect(await logOf({ actions: ['repository.pull'] })).toMatchObject([
      expect.objectContaining({ actor: { kind: 'SYSTEM', name: 'anonymous', user: null }, tokenLabel: null }),
      ...Array((await logOf({ actions: ['repository.pull'] })).length - 1).fill(expect.anything()),
    ])
  })

  it('with a token that has been deleted since is kept, and counts for nobody', async () => {
    const name = 'tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM'
    expect(await tell(notification({ actor: { name } }))).toMatchObject({ body: { recorded: 1 } })
    expect(await postern.em().count(UsageWindow, { subjectId: name })).toBe(0)
  })

  it('in a namespace that does not exist is nothing', async () => {
    expect(await tell(notification({ target: { repository: 'nowhere/app' } }))).toMatchObject({ body: { recorded: 0 } })
  })

  it('with a personal token counts for its person, and names both', async () => {
    const ida = await postern.signUp(`ida-${randomUUID().slice(0, 8)}`)
    await addMember(postern.em(), acme, ida.username, 'MEMBER')
    const { generatePersonalToken } = await ida.client.execute(GeneratePersonalTokenDocument, {
      input: { label: 'laptop', access: 'READ' },
    })
    const id = generatePersonalToken.accessToken?.id ?? ''
    await tell(notification({ actor: { name: id } }))
    const kind = 'PERSONAL_TOKEN'
    expect(await logOf({ token: id })).toMatchObject([{ actor: { kind, name: ida.username }, tokenLabel: 'laptop' }])
    const windows = await postern.em().find(UsageWindow, {})
    expect(windows.map(({ subjectId, pulls }) => [subjectId.slice(0, 4), pulls])).toEqual([['usr_', 1]])
  })
})

describe('what is told again', () => {
  it('counts once, in one request, in the next, and at another server at the same moment', async () => {
    const second = await postern.startSecondInstance()
    try {
      const told = notification()
      await tell(told, told)
      await tell(told)
      const once = notification()
      const both = [postern.url, second.url].flatMap((url) => Array(5).fill(url))
      const answers = await Promise.all(both.map((url) => post({ events: [once] }, {}, url)))
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
      expect(answers.reduce((sum, { body }) => sum + (body.recorded ?? 0), 0)).toBe(1)
      expect(await used()).toBe(2)
      expect(await logOf()).toHaveLength(2)
    } finally {
      await second.stop()
    }
  })

  it('is forgotten when it will not come any more', async () => {
    const told = notification()
    await tell(told)
    const days = (count: number) => new Date(Date.now() + count * 24 * 60 * 60 * 1000)
    await pruneRegistryEvents(postern.em(), days(29))
    expect(await postern.em().count(RegistryEvent, { id: told.id })).toBe(1)
    await pruneRegistryEvents(postern.em(), days(31))
    expect(await postern.em().count(RegistryEvent, { id: told.id })).toBe(0)
  })
})

describe('a request', () => {
  it('tells of many things at once', async () => {
    const events = Array.from({ length: 50 }, (_, index) => (index % 2 ? notification() : push()))
    expect(await tell(...events)).toEqual({ status: 200, body: { recorded: 50 } })
    expect(await used()).toBe(25)
    expect(await logOf()).toHaveLength(50)
  })

  it('is taken in whatever cannot be read in it', async () => {
    const odd = [null, 7, 'text', [], {}, { ...notification(), id: '' }, { ...notification(), timestamp: 'yesterday' }]
    const strange = notification({ target: { tag: 'a\u0000b', digest: 'x'.repeat(9_000) }, request: { addr: 'pipe' } })
    expect(await tell(...odd, strange)).toEqual({ status: 200, body: { recorded: 1 } })
    expect(await logOf()).toMatchObject([{ target: 'acme/app:ab', ipAddress: null }])
  })

  it.each(['', 'no JSON', '[]', 'null', '{"events":{}}', '{}'])(
    'with the body %j is answered as one that says nothing: else the registry would send nothing else any more',
    async (body) => expect(await post(body)).toEqual({ status: 200, body: { recorded: 0 } }),
  )

  it('from a clock that goes wrong counts in this window, and not in a coming one', async () => {
    await tell(notification({ timestamp: '2099-01-01T00:00:00Z' }))
    expect(await used()).toBe(1)
    const [event] = await logOf()
    expect(Date.parse(String(event?.at))).toBeLessThanOrEqual(Date.now())
  })
})

describe('a push', () => {
  it('is an event, and keeps the tag with its digest and who pushed', async () => {
    expect(await tell(push())).toMatchObject({ body: { recorded: 1 } })
    expect(await logOf()).toMatchObject([{ action: 'repository.push', target: 'acme/app:1.0' }])
    expect(await used()).toBe(0)
    expect(await tags()).toEqual([
      {
        name: '1.0',
        digest: digestOf('a'),
        mediaType: manifest,
        pushedAt: expect.any(String),
        pushedBy: { kind: 'ORGANIZATION_TOKEN', name: 'acme' },
      },
    ])
  })

  it('of a layer is none', async () => {
    expect(await tell(push({ target: { mediaType: 'application/octet-stream', tag: undefined } }))).toMatchObject({
      body: { recorded: 0 },
    })
  })

  it('of a tag again moves it, unless a later one was told before', async () => {
    await tell(push({ timestamp: at(2), target: { digest: digestOf('c') } }))
    await tell(push({ timestamp: at(1), target: { digest: digestOf('b') } }))
    expect(await tags()).toMatchObject([{ digest: digestOf('c'), pushedAt: at(2) }])
    await tell(
      push({ timestamp: at(4), target: { digest: digestOf('e') } }),
      push({ timestamp: at(3), target: { digest: digestOf('d') } }),
    )
    expect(await tags()).toMatchObject([{ digest: digestOf('e') }])
  })

  it('to a repository that is gone is an event, and keeps no tag', async () => {
    expect(await tell(push({ target: { repository: 'acme/gone' } }))).toMatchObject({ body: { recorded: 1 } })
    expect(await postern.em().count(RepositoryTag, {})).toBe(0)
  })
})

describe('a deletion', () => {
  it('of a manifest takes its tags away, and no other', async () => {
    for (const tag of ['1.0', '1', 'latest']) await tell(push({ timestamp: at(1), target: { tag } }))
    await tell(push({ timestamp: at(1), target: { tag: 'other', digest: digestOf('b') } }))
    const target = { digest: digestOf('a'), mediaType: undefined, tag: undefined }
    await tell(notification({ action: 'delete', timestamp: at(2), target, request: { method: 'DELETE' } }))
    expect(await tags()).toMatchObject([{ name: 'other' }])
    expect((await logOf())[0]).toMatchObject({
      action: 'repository.manifest_delete',
      target: `acme/app@${digestOf('a')}`,
    })
  })

  it('of a tag takes that away', async () => {
    for (const tag of ['1.0', 'latest']) await tell(push({ timestamp: at(1), target: { tag } }))
    const target = { digest: undefined, mediaType: undefined, tag: 'latest' }
    await tell(notification({ action: 'delete', timestamp: at(2), target }))
    expect(await tags()).toMatchObject([{ name: '1.0' }])
    expect((await logOf())[0]).toMatchObject({ action: 'repository.tag_delete', target: 'acme/app:latest' })
  })

  it('that was told late leaves what was pushed since', async () => {
    await tell(push({ timestamp: at(3) }))
    const target = { digest: digestOf('a'), mediaType: undefined, tag: undefined }
    await tell(notification({ action: 'delete', timestamp: at(2), target }))
    expect(await tags()).toHaveLength(1)
  })
})

describe('the tags of a repository', () => {
  it('come the latest first, by pages, and by a part of their name', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `1.${index}`)
    // Two and two at the same moment.
    await tell(...names.map((tag, index) => push({ timestamp: at(Math.floor(index / 2)), target: { tag } })))
    const page = async (variables: { after?: string; search?: string }) => {
      const { repository } = await owner.execute(RepositoryTagsDocument, { name: 'acme/app', first: 10, ...variables })
      if (!repository) throw new Error('The repository is gone.')
      return repository.tags
    }
    const seen: string[] = []
    let next = await page({})
    for (;;) {
      expect(next.totalCount).toBe(25)
      seen.push(...next.nodes.map(({ name }) => name))
      const { hasNextPage, endCursor } = next.pageInfo
      if (!hasNextPage || !endCursor) break
      next = await page({ after: endCursor })
    }
    expect(seen.toSorted()).toEqual(names.toSorted())
    expect(seen.slice(0, 3)).toEqual(['1.24', '1.23', '1.22'])
    expect((await page({ search: '.2' })).totalCount).toBe(6)
    for (const after of ['nonsense', Buffer.from('acme').toString('base64url')])
      expect(await owner.codesOf(RepositoryTagsDocument, { name: 'acme/app', after })).toEqual(['BAD_USER_INPUT'])
  })
})

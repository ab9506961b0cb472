import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  AccessTokenDocument,
  DeleteTokenDocument,
  GeneratePersonalTokenDocument,
  type GeneratePersonalTokenInput,
  type PersonalAccess,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { addMember, createOwnedOrganization } from '../harness/callers.ts'
import { generatePersonal, tryToGeneratePersonal } from '../harness/personal-token.ts'
import { createRepository, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from './arrange.ts'
import { contentsOf } from './contents.ts'

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let ada: Person

beforeAll(async () => {
  postern = await startPostern()
  second = await postern.startSecondInstance()
  ada = await postern.signUp('ada')
  const ben = await postern.signUp('ben')
  const acme = await createOwnedOrganization(postern, ben.client, 'acme', 'TEAM')
  await addMember(postern, acme, ada.client, 'EDITOR')
  await createRepository(ben.client, 'acme/api')
  await createRepository(ben.client, 'ben/secret')
  await createRepository(ben.client, 'ben/site', 'PUBLIC')
  await createRepository(ada.client, 'ada/diary')
})
afterEach(() => vi.useRealTimers())
afterAll(async () => {
  await second.stop()
  await postern.stop()
})

let people = 0
/** A person without tokens. */
const somebody = () => postern.signUp(`person-${++people}`)

const eventsOf = (username: string, action: string) =>
  postern.em().find(ActivityEvent, { action, actorName: username }, { orderBy: { id: 'asc' } })

describe('generatePersonalToken', () => {
  it.each<[PersonalAccess, string, string[]]>([
    ['PUBLIC_READ', '*/*/public', ['IMAGE_PULL', 'REPOSITORY_READ']],
    ['READ', '*/*', ['IMAGE_PULL', 'REPOSITORY_READ']],
    ['READ_WRITE', '*/*', ['IMAGE_PUSH', 'REPOSITORY_READ']],
    ['READ_WRITE_DELETE', '*/*', ['IMAGE_DELETE', 'REPOSITORY_READ']],
  ])('generates a token with %s to everything of the person: %s', async (access, path, permissions) => {
    const { client } = await somebody()
    const { accessToken, secret, userErrors } = await tryToGeneratePersonal(client, { access })
    expect(userErrors).toEqual([])
    expect(secret).toMatch(/^pstn_pat_[0-9A-Za-z]{36}$/)
    expect(accessToken).toMatchObject({
      label: 'laptop',
      status: 'ACTIVE',
      origin: 'MANUAL',
      expiresAt: null,
      access,
      scopes: [{ resource: 'REPOSITORY', path, permissions }],
    })
  })

  it('stores the given values, and shows the secret once', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const created = await tryToGeneratePersonal(ada.client, { label: ' ci ', description: 'builds', expiresAt })
    const id = created.accessToken?.id ?? ''
    const { accessToken } = await ada.client.execute(AccessTokenDocument, { id })
    expect(accessToken).toMatchObject({ id, label: 'ci', description: 'builds', expiresAt })
    const rows = JSON.stringify(await contentsOf(postern.em()))
    expect(rows).not.toContain((created.secret ?? 'none').slice(9, -6))
  })

  it('stores repositories of any namespace, in their order', async () => {
    const repositories = ['acme/api', 'ada/diary', 'ben/site']
    const { accessToken } = await tryToGeneratePersonal(ada.client, { repositories })
    expect(accessToken?.scopes).toEqual(
      repositories.map((path) => ({ resource: 'REPOSITORY', path, permissions: ['IMAGE_PUSH', 'REPOSITORY_READ'] })),
    )
  })

  it('records an event of the person, without the secret', async () => {
    const { client, username } = await somebody()
    const { id, secret } = await generatePersonal(client, { access: 'READ', repositories: ['ben/site'] })
    const events = await eventsOf(username, 'access_token.create')
    const data = { access: 'READ', expiresAt: 'never', scopes: 'ben/site' }
    expect(events).toMatchObject([{ tokenId: id, tokenLabel: 'laptop', target: 'laptop', actorKind: 'USER', data }])
    expect(events[0]?.namespace).toBe(events[0]?.actorId)
    expect(JSON.stringify(events)).not.toContain(secret)
  })

  it.each<[string[], Partial<GeneratePersonalTokenInput>]>([
    [['INVALID input.label'], { label: '' }],
    [['INVALID input.label'], { label: 'x'.repeat(101) }],
    [['INVALID input.description'], { description: 'x'.repeat(201) }],
    [['INVALID input.expiresAt'], { expiresAt: new Date(Date.now() - 1_000).toISOString() }],
    [['INVALID input.expiresAt'], { expiresAt: new Date(Date.now() + 367 * 86_400_000).toISOString() }],
    [['INVALID input.idempotencyKey'], { idempotencyKey: ' ' }],
    [['INVALID input.repositories'], { repositories: [] }],
    [['INVALID input.repositories'], { repositories: Array.from({ length: 51 }, (_, index) => `ada/r${index}`) }],
    [['INVALID input.repositories.0', 'INVALID input.repositories.1'], { repositories: ['acme/*', 'diary'] }],
    [['INVALID input.repositories.1'], { repositories: ['ada/diary', 'ada/diary'] }],
    [['INVALID input.repositories.0'], { access: 'PUBLIC_READ', repositories: ['ada/diary', 'ben/site'] }],
    [['NOT_FOUND input.repositories.1'], { repositories: ['acme/api', 'ben/secret'] }],
    [['NOT_FOUND input.repositories.0'], { repositories: ['nobody/none'] }],
    [['INVALID input.label', 'NOT_FOUND input.repositories.0'], { label: '', repositories: ['ben/secret'] }],
  ])('returns %j for %j, and generates nothing', async (faults, input) => {
    const before = await databaseDigest(postern)
    const failed = await tryToGeneratePersonal(ada.client, input)
    expect(faultsOf(failed)).toEqual(faults)
    expect(failed).toMatchObject({ accessToken: null, secret: null })
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('returns the same message for an invisible repository and a missing one', async () => {
    const [hidden, missing] = [
      await tryToGeneratePersonal(ada.client, { repositories: ['ben/secret'] }),
      await tryToGeneratePersonal(ada.client, { repositories: ['ben/absent'] }),
    ]
    expect(JSON.parse(JSON.stringify(hidden).replaceAll('ben/secret', 'ben/absent'))).toEqual(missing)
  })

  it('generatePersonalToken is allowed to people only', async () => {
    const { secret } = await generatePersonal(ada.client, { access: 'READ_WRITE_DELETE' })
    const owner = await postern.signUp('owner')
    await createOwnedOrganization(postern, owner.client, 'globex', 'TEAM')
    const token = await generateToken(owner.client, { organization: 'globex' })
    const input = { label: 'x', access: 'READ' as const }
    for (const bearer of [secret, token.secret])
      expect(await postern.client(bearer).codesOf(GeneratePersonalTokenDocument, { input })).toEqual(['FORBIDDEN'])
    expect(await postern.client().codesOf(GeneratePersonalTokenDocument, { input })).toEqual(['UNAUTHENTICATED'])
  })
})

describe('an idempotency key of a person', () => {
  it('generates one token, however often and wherever it is sent, and conflicts with another input', async () => {
    const { client, username } = await somebody()
    const input = { idempotencyKey: 'key', repositories: ['ben/site'] }
    const payloads = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        tryToGeneratePersonal(index % 2 === 0 ? client : second.client(client.token), input),
      ),
    )
    expect(new Set(payloads.map(({ accessToken }) => accessToken?.id)).size).toBe(1)
    expect(payloads.filter(({ secret }) => secret !== null)).toHaveLength(1)
    expect(await eventsOf(username, 'access_token.create')).toHaveLength(1)
    for (const changes of [{ access: 'READ' as const }, { repositories: null }, { label: 'other' }])
      expect(faultsOf(await tryToGeneratePersonal(client, { ...input, ...changes }))).toEqual([
        'IDEMPOTENCY_CONFLICT input.idempotencyKey',
      ])
    await client.execute(DeleteTokenDocument, { id: payloads[0]?.accessToken?.id ?? '' })
    expect(faultsOf(await tryToGeneratePersonal(client, input))).toEqual(['IDEMPOTENCY_CONFLICT input.idempotencyKey'])
  })

  it('an idempotency key of a person is separate for each person', async () => {
    const [one, other] = [await somebody(), await somebody()]
    const { id } = await generatePersonal(one.client, { idempotencyKey: 'key' })
    expect((await generatePersonal(other.client, { idempotencyKey: 'key' })).id).not.toBe(id)
  })
})

describe('the personal tokens of a person', () => {
  const ask = { query: 'mutation { generatePersonalToken(input: { label: "x", access: READ }) { secret } }' }

  it('the personal tokens of a person are limited to 20 per hour on two servers; deleted ones count', async () => {
    const { client, username } = await somebody()
    const { id } = await generatePersonal(client)
    await client.execute(DeleteTokenDocument, { id })
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? client : second.client(client.token)).send(ask)),
    )
    const codes = responses.flatMap(({ body }) => body.errors?.map(({ extensions }) => extensions.code) ?? [])
    expect(codes).toEqual(Array(11).fill('TOO_MANY_REQUESTS'))
    expect(await eventsOf(username, 'access_token.create')).toHaveLength(20)
    // Other people are not limited by it.
    await generatePersonal((await somebody()).client)
  })

  it('can be generated again an hour after the first, as the message says, and retried in between', async () => {
    const start = Date.UTC(2031, 2, 3, 4, 5, 6, 250)
    vi.setSystemTime(start)
    const { client } = await somebody()
    const first = await generatePersonal(client, { idempotencyKey: 'first' })
    vi.setSystemTime(start + 600_000)
    for (let others = 1; others < 20; others++) await generatePersonal(client)
    const failed = await client.send(ask)
    expect(failed.status).toBe(200)
    expect(failed.body.errors?.[0]?.message).toContain('Wait 3000 seconds')
    expect(failed.body.errors?.[0]?.extensions).toEqual({ code: 'TOO_MANY_REQUESTS', retryAfter: 3000 })
    expect(failed.headers.get('retry-after')).toBe('3000')
    expect(failed.headers.get('ratelimit')).toBe('"personal-tokens";r=0;t=3000')
    expect((await tryToGeneratePersonal(client, { idempotencyKey: 'first' })).accessToken?.id).toBe(first.id)
    vi.setSystemTime(start + 3_599_999)
    expect((await client.send(ask)).body.errors?.[0]?.message).toContain('Wait 1 second,')
    vi.setSystemTime(start + 3_600_000)
    expect((await client.send(ask)).body.errors).toBeUndefined()
    expect((await client.send(ask)).body.errors?.[0]?.message).toContain('Wait 600 seconds')
  })
})

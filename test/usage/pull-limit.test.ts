import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AccessTokensDocument,
  ChangeOrganizationPlanDocument,
  type Permission,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, anotherClient, askForToken, grantsIn, postForToken } from '../harness/token-endpoint.ts'

const windowStart = Date.UTC(2030, 4, 6, 6)
const windowEnd = Date.UTC(2030, 4, 6, 12)
const now = Date.UTC(2030, 4, 6, 7, 8, 9, 500)
const planPulls = 30

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client

beforeAll(async () => {
  vi.setSystemTime(now)
  const plans = { ...defaultPlanTable, TEAM: { ...defaultPlanTable.BUSINESS, pulls: planPulls } }
  postern = await startPostern({ plans })
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/app')
  await createRepository(owner, 'acme/lib')
})
beforeEach(() => {
  vi.setSystemTime(now)
})
afterAll(async () => {
  vi.useRealTimers()
  await second.stop()
  await postern.stop()
})

const pullApp = 'repository:acme/app:pull'
const pullLib = 'repository:acme/lib:pull'
const pushApp = 'repository:acme/app:pull,push'

const generate = (pullLimit: number | null, permission: Permission = 'IMAGE_DELETE') =>
  generateToken(owner, {
    label: 'limited',
    pullLimit,
    scopes: [{ resource: 'REPOSITORY', path: 'acme/*', permissions: [permission] }],
  })

const ask = (secret: string, ...scopes: string[]) =>
  askForToken(postern.url, { login: acme(secret), scopes, headers: anotherClient() })

async function usageOf(id: string) {
  const { organization } = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
  return organization?.accessTokens.nodes.find((token) => token.id === id)?.usageLimit
}

describe('the pulls of a token', () => {
  it('the pulls of a token count for each repository that a request is granted to pull', async () => {
    const { id, secret } = await generate(null)
    expect(await usageOf(id)).toMatchObject({ used: 0, remaining: planPulls })
    await ask(secret, pullApp)
    expect(await usageOf(id)).toMatchObject({ used: 1, remaining: planPulls - 1 })
    await ask(secret, pullApp, pullLib, pullApp)
    expect(await usageOf(id)).toMatchObject({ used: 3 })
    const form = { grant_type: 'password', username: 'acme', password: secret, scope: `${pullApp} ${pullLib}` }
    grantsIn(await postForToken(postern.url, form, anotherClient()))
    expect(await usageOf(id)).toMatchObject({ used: 5 })
  })

  it.each<[string, string[]]>([
    ['a login', []],
    ['a push, which also requests to pull', [pushApp]],
    ['a push that mounts layers of another repository', [pushApp, pullLib]],
    ['a deletion', ['repository:acme/app:delete']],
    ['a deletion by the star', ['repository:acme/app:*']],
    ['a repository that does not exist', ['repository:acme/none:pull']],
    ['a repository that it may not pull', ['repository:globex/none:pull']],
    ['the catalogue', ['registry:catalog:*']],
  ])('the pulls of a token are not counted for %s', async (_, scopes) => {
    const { id, secret } = await generate(null)
    grantsIn(await ask(secret, ...scopes))
    expect(await usageOf(id)).toMatchObject({ used: 0 })
  })

  it('the pulls of a token are not counted for rejected credentials', async () => {
    const { id, secret } = await generate(null)
    const response = await askForToken(postern.url, { login: { username: 'eve', password: secret }, scopes: [pullApp] })
    expect(response.status).toBe(401)
    expect(await usageOf(id)).toMatchObject({ used: 0 })
  })

  it.each([
    ['to push as well', pushApp],
    ['to delete as well', 'repository:acme/app:pull,delete'],
    ['for everything', 'repository:acme/app:*'],
  ])('the pulls of a token count if a token that may only pull also requests %s', async (_, scope) => {
    const { id, secret } = await generate(1, 'IMAGE_PULL')
    expect(grantsIn(await ask(secret, scope))).toEqual({ 'acme/app': ['pull'] })
    expect(await usageOf(id)).toMatchObject({ used: 1, remaining: 0 })
    expect((await ask(secret, scope)).status).toBe(429)
  })

  it('the pulls of a token count if the same request asks for actions that are not granted', async () => {
    const { id, secret } = await generate(1, 'IMAGE_PULL')
    const evasive = [pullApp, 'repository:acme/none:push', 'repository:acme/lib:delete', 'repository:acme/lib:fly']
    expect(grantsIn(await ask(secret, ...evasive))).toEqual({ 'acme/app': ['pull'] })
    expect(await usageOf(id)).toMatchObject({ used: 1 })
    expect((await ask(secret, ...evasive)).status).toBe(429)
  })
})

describe('a usage window', () => {
  it('a usage window is six hours long, from midnight UTC, and its end is returned', async () => {
    const { id } = await generate(7)
    expect(await usageOf(id)).toEqual({
      limit: 7,
      used: 0,
      remaining: 7,
      windowSeconds: 21_600,
      resetsAt: '2030-05-06T12:00:00.000Z',
    })
  })

  it('begins at zero when the previous one ends, which keeps its count', async () => {
    const { id, secret } = await generate(1)
    vi.setSystemTime(windowStart)
    expect((await ask(secret, pullApp)).status).toBe(200)
    vi.setSystemTime(windowEnd - 1)
    expect((await ask(secret, pullApp)).status).toBe(429)
    expect(await usageOf(id)).toMatchObject({ used: 1, remaining: 0, resetsAt: '2030-05-06T12:00:00.000Z' })
    vi.setSystemTime(windowEnd)
    expect(await usageOf(id)).toMatchObject({ used: 0, remaining: 1, resetsAt: '2030-05-06T18:00:00.000Z' })
    expect((await ask(secret, pullApp)).status).toBe(200)
    expect((await ask(secret, pullApp)).status).toBe(429)
    const windows = await postern
      .em()
      .execute('select reserved[5] as pulls from usage_window where subject_id = ?', [id])
    expect(windows).toEqual([{ pulls: 1 }, { pulls: 1 }])
  })
})

describe('the limit of a token', () => {
  it('grants exactly its number of pulls, with fifty at once on two servers', async () => {
    const { id, secret } = await generate(20)
    const neighbour = await generate(20)
    const urls = [postern.url, second.url]
    const responses = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        askForToken(urls[index % 2] ?? '', { login: acme(secret), scopes: [pullApp], headers: anotherClient() }),
      ),
    )
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(20)
    expect(statuses.filter((status) => status === 429)).toHaveLength(30)
    expect(await usageOf(id)).toMatchObject({ limit: 20, used: 20, remaining: 0 })
    expect(await usageOf(neighbour.id)).toMatchObject({ used: 0, remaining: 20 })
  })

  it('the limit of a token is returned with 429, its number, the end of the window and the seconds left', async () => {
    const { secret } = await generate(2)
    await ask(secret, pullApp, pullLib)
    const { status, headers, body, text } = await ask(secret, pullApp)
    expect(status).toBe(429)
    expect(body).toEqual({ errors: [{ code: 'TOOMANYREQUESTS', message: expect.any(String) }] })
    expect(body.errors?.[0]?.message).toMatch(/\b2 pulls\b.*2030-05-06T12:00:00\.000Z/)
    // 12:00:00 minus 07:08:09.5, rounded up, so that a retry at that time is not too early.
    expect(headers.get('retry-after')).toBe(String(4 * 3600 + 51 * 60 + 51))
    expect(headers.get('cache-control')).toBe('no-store')
    expect(text).not.toContain('token":')
  })

  it('affects only pulls: logins, pushes and deletions continue, and so do other tokens', async () => {
    const [{ id, secret }, other] = [await generate(1), await generate(1)]
    expect((await ask(secret, pullApp)).status).toBe(200)
    expect((await ask(secret, pullApp)).status).toBe(429)
    expect(grantsIn(await ask(secret))).toEqual({})
    expect(grantsIn(await ask(secret, pushApp))).toEqual({ 'acme/app': ['pull', 'push'] })
    expect(grantsIn(await ask(secret, 'repository:acme/app:delete'))).toEqual({ 'acme/app': ['delete'] })
    expect(grantsIn(await ask(other.secret, pullApp))).toEqual({ 'acme/app': ['pull'] })
    expect((await ask(secret, pullApp)).status).toBe(429)
    expect(await usageOf(id)).toMatchObject({ used: 1 })
  })

  it('denies a request that would exceed it as a whole, and counts nothing of it', async () => {
    const { id, secret } = await generate(2)
    await ask(secret, pullApp)
    expect((await ask(secret, pullApp, pullLib)).status).toBe(429)
    expect(await usageOf(id)).toMatchObject({ used: 1, remaining: 1 })
    expect((await ask(secret, pullLib)).status).toBe(200)
    const whole = await generate(1)
    expect((await ask(whole.secret, pullApp, pullLib)).status).toBe(429)
    expect(await usageOf(whole.id)).toMatchObject({ used: 0 })
  })

  it('a limit of 0 denies every pull, and nothing else', async () => {
    const { id, secret } = await generate(0)
    const { status, body } = await ask(secret, pullApp)
    expect(status).toBe(429)
    expect(body.errors?.[0]?.message).toMatch(/\b0 pulls\b/)
    expect(grantsIn(await ask(secret))).toEqual({})
    expect(grantsIn(await ask(secret, pushApp))).toEqual({ 'acme/app': ['pull', 'push'] })
    expect(await usageOf(id)).toMatchObject({ limit: 0, used: 0, remaining: 0 })
  })

  it('applies changes with the next request', async () => {
    const { id, secret } = await generate(3)
    const limitTo = (pullLimit: number | null) => owner.execute(UpdateTokenDocument, { id, input: { pullLimit } })
    await ask(secret, pullApp, pullLib)
    await limitTo(1)
    expect(await usageOf(id)).toMatchObject({ limit: 1, used: 2, remaining: 0 })
    expect((await ask(secret, pullApp)).status).toBe(429)
    await limitTo(null)
    expect(await usageOf(id)).toMatchObject({ limit: planPulls, used: 2, remaining: planPulls - 2 })
    expect((await ask(secret, pullApp)).status).toBe(200)
  })
})

describe('the limit of the plan', () => {
  it('applies to tokens without a limit, or with a higher one', async () => {
    for (const pullLimit of [null, planPulls + 1, 1_000_000]) {
      const { id, secret } = await generate(pullLimit)
      expect(await usageOf(id)).toMatchObject({ limit: planPulls, remaining: planPulls })
      const responses = await Promise.all(Array.from({ length: planPulls }, () => ask(secret, pullApp)))
      for (const response of responses) expect(response.status).toBe(200)
      const { status, body } = await ask(secret, pullApp)
      expect(status).toBe(429)
      expect(body.errors?.[0]?.message).toContain(`${planPulls} pulls`)
      expect(await usageOf(id)).toMatchObject({ used: planPulls, remaining: 0 })
    }
  })

  it('changes with the plan at once; pulls without a limit are counted all the same', async () => {
    const { id, secret } = await generate(null)
    const limited = await generate(1)
    const change = (plan: 'TEAM' | 'BUSINESS') =>
      owner.execute(ChangeOrganizationPlanDocument, { organization: 'acme', plan })
    await change('BUSINESS')
    try {
      expect(await usageOf(id)).toMatchObject({ limit: null, used: 0, remaining: null })
      await Promise.all(Array.from({ length: planPulls + 5 }, () => ask(secret, pullApp)))
      expect(await usageOf(id)).toMatchObject({ limit: null, used: planPulls + 5, remaining: null })
      expect((await ask(limited.secret, pullApp)).status).toBe(200)
      expect((await ask(limited.secret, pullApp)).status).toBe(429)
    } finally {
      await change('TEAM')
    }
    expect(await usageOf(id)).toMatchObject({ limit: planPulls, used: planPulls + 5, remaining: 0 })
    expect((await ask(secret, pullApp)).status).toBe(429)
  })
})

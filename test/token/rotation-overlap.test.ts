import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { DeleteTokenDocument } from '../../schema/typed-documents.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { LastUseRecorder } from '../../src/domain/usage/last-use-recorder.ts'
import type { Client } from '../harness/client.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { askForToken } from '../harness/token-endpoint.ts'
import { faultsOf, userIdOf } from './arrange.ts'
import { insertPersonalToken } from './personal-token.ts'
import { hintOf, opens, type Rotatable, rotate, secretsOf, tryToRotate } from './rotations.ts'

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let database: Database
let owner: Client
let acme: string
let ada: Person

beforeAll(async () => {
  postern = await startPostern()
  second = await postern.startSecondInstance()
  database = await openDatabase(postern.config.databaseUrl ?? '')
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  ada = await postern.signUp('ada')
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(async () => {
  await database.close()
  await second.stop()
  await postern.stop()
})

const generate = async (): Promise<Rotatable> => ({ ...(await generateToken(owner)), manager: owner, username: 'acme' })
const generateOwn = async (): Promise<Rotatable> => ({
  ...(await insertPersonalToken(postern, await userIdOf(postern.em(), 'ada'))),
  manager: ada.client,
  username: 'ada',
})

const login = (token: Rotatable, secret: string, url = postern.url) =>
  askForToken(url, { login: { username: token.username, password: secret } })
const inApi = (_: Rotatable, secret: string) =>
  postern.client(secret).send({ query: '{ viewer { accessToken { id } } }' })

const week = 604_800
const tenMinutes = 600_000

describe('the first use of a new secret', () => {
  it.each([
    ['at the token endpoint', generate, login],
    ['over GraphQL', generate, inApi],
    ['at the token endpoint, of a personal token', generateOwn, login],
    ['over GraphQL, of a personal token', generateOwn, inApi],
  ])('%s expires the old one after 10 minutes', async (_, makeOne, use) => {
    const token = await makeOne()
    const secret = await rotate(token, { graceSeconds: week })
    const start = Date.now() + 5_000
    vi.setSystemTime(start)
    // Uses of the old secret do not show that the new one is deployed.
    await use(token, token.secret)
    expect(Date.parse((await secretsOf(token))[1]?.expiresAt ?? '')).toBeGreaterThan(start + tenMinutes)
    await use(token, secret)
    const endsAt = new Date(start + tenMinutes).toISOString()
    expect((await secretsOf(token)).map(({ expiresAt }) => expiresAt)).toEqual([null, endsAt])
    // Later uses do not change the expiry.
    vi.setSystemTime(start + tenMinutes - 1)
    await use(token, secret)
    expect(await opens(postern, token, token.secret)).toBe(true)
    vi.setSystemTime(start + tenMinutes)
    expect(await opens(postern, token, token.secret)).toBe(false)
    expect(await opens(postern, token, secret)).toBe(true)
  })

  it('the first use of a new secret does not extend an earlier expiry', async () => {
    const token = await generate()
    const start = Date.now()
    vi.setSystemTime(start)
    const secret = await rotate(token, { graceSeconds: 60 })
    await login(token, secret)
    const old = (await secretsOf(token))[1]
    expect(old?.expiresAt).toBe(new Date(start + 60_000).toISOString())
  })

  it('the first use of a new secret does not affect secrets of other tokens', async () => {
    const [token, other] = [await generate(), await generate()]
    const secret = await rotate(token, { graceSeconds: week })
    await rotate(other, { graceSeconds: week })
    const before = await secretsOf(other)
    await login(token, secret)
    expect(await secretsOf(other)).toEqual(before)
  })

  it('affects nothing if it is of a secret that was itself rotated', async () => {
    const token = await generate()
    const middle = await rotate(token)
    const newest = await rotate(token, { graceSeconds: week })
    const before = await secretsOf(token)
    await login(token, middle)
    expect(await secretsOf(token)).toMatchObject([
      { hint: hintOf(newest), expiresAt: null, lastUsedAt: null },
      { hint: hintOf(middle), expiresAt: before[1]?.expiresAt, lastUsedAt: expect.any(String) },
    ])
  })
})

describe('the last use', () => {
  it('the last use is stored for each secret, and the latest of them for the token', async () => {
    const token = await generate()
    const start = Date.now()
    vi.setSystemTime(start)
    await login(token, token.secret)
    const secret = await rotate(token, { graceSeconds: 3_600 })
    vi.setSystemTime(start + 1_000)
    await login(token, secret)
    const at = (ms: number) => new Date(start + ms).toISOString()
    expect((await secretsOf(token)).map(({ lastUsedAt }) => lastUsedAt)).toEqual([at(1_000), at(0)])
    vi.setSystemTime(start + 2_000)
    await login(token, token.secret)
    await vi.waitFor(
      async () => {
        const secrets = await secretsOf(token)
        expect(secrets.map(({ lastUsedAt }) => lastUsedAt)).toEqual([at(1_000), at(2_000)])
      },
      { timeout: 20_000 },
    )
  })
})

/** Two servers write the last uses of each secret at once, in no order. */
async function writeUsesOnTwoServers(tokens: readonly Rotatable[]): Promise<void> {
  const secrets = await postern.em().find(AccessTokenSecret, { token: { $in: tokens.map(({ id }) => id) } })
  const failures: unknown[] = []
  const recorders = [0, 1, 2, 3].map(() => new LastUseRecorder(database.em.fork(), 3_600_000, (e) => failures.push(e)))
  const origin = { ipAddress: null, client: null, repository: null, namespaceId: acme }
  for (const [index, recorder] of recorders.entries())
    for (const { id, token } of index % 2 === 0 ? secrets : secrets.toReversed())
      await recorder.record({ ...origin, tokenId: token, secretId: id, at: new Date(Date.now() + index) }, true)
  await Promise.all(recorders.map((recorder) => recorder.flush()))
  expect(failures).toEqual([])
}

describe('simultaneous rotations', () => {
  it('leave at most two secrets if 20 arrive on two servers, and each returns its own', async () => {
    const token = await generate()
    const payloads = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        tryToRotate({ ...token, manager: index % 2 === 0 ? owner : second.client(owner.token) }, { graceSeconds: 60 }),
      ),
    )
    expect(payloads.flatMap(faultsOf)).toEqual([])
    const secrets = payloads.flatMap(({ secret }) => secret ?? [])
    expect(new Set(secrets).size).toBe(20)
    const usable = []
    for (const secret of [token.secret, ...secrets]) if (await opens(postern, token, secret)) usable.push(secret)
    expect(usable).toHaveLength(2)
    expect((await secretsOf(token)).map(({ hint }) => hint).toSorted()).toEqual(usable.map(hintOf).toSorted())
  })

  it('rotations and first uses of old and new secrets do not block each other, nor a deletion', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, generate))
    for (let round = 0; round < 5; round++) {
      await Promise.all(tokens.map((token) => rotate(token, { graceSeconds: week })))
      const deleting = round === 4 ? tokens.slice(10) : []
      await Promise.all([
        writeUsesOnTwoServers(tokens),
        ...deleting.map(({ id }) => owner.execute(DeleteTokenDocument, { id })),
        ...tokens.slice(0, 5).map((token) => rotate(token, { graceSeconds: week })),
      ])
    }
    for (const token of tokens.slice(0, 10)) expect(await secretsOf(token)).toHaveLength(2)
    const ends = (await secretsOf(tokens[7] ?? tokens[0] ?? (await generate())))[1]?.expiresAt ?? ''
    expect(Date.parse(ends)).toBeLessThan(Date.now() + tenMinutes + 60_000)
  })
})

describe('a pipeline during a rotation', () => {
  it('never fails to log in, in a loop, during the grace period', async () => {
    const token = await generate()
    let current = token.secret
    let isOver = false
    const statuses = new Set<number>()
    const logins = [0, 0, 0, 0]
    const loop = async (url: string, index: number) => {
      while (!isOver) {
        statuses.add((await login(token, current, url)).status)
        logins[index] = (logins[index] ?? 0) + 1
      }
    }
    const loops = [postern.url, postern.url, second.url, second.url].map(loop)
    /** Waits for five logins of each loop, because the first may have begun before. */
    const someMore = async () => {
      const before = [...logins]
      await vi.waitFor(
        () => expect(Math.min(...logins.map((count, index) => count - (before[index] ?? 0)))).toBeGreaterThanOrEqual(5),
        patience,
      )
    }
    try {
      for (let rotation = 0; rotation < 3; rotation++) {
        await someMore()
        const next = await rotate(token, { graceSeconds: 3_600 })
        // The old secret works while some jobs already have the new one.
        await Promise.all([someMore(), login(token, next), login(token, next, second.url)])
        current = next
        // Jobs that began with the old secret end.
        await someMore()
      }
    } finally {
      isOver = true
      await Promise.all(loops)
    }
    expect([...statuses]).toEqual([200])
  })
})

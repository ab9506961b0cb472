import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { DeactivateTokenDocument } from '../../schema/typed-documents.ts'
import { AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { mintSecret, type SecretKind } from '../../src/domain/secrets/token-secret.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { askForToken, postForToken, type TokenResponse } from '../harness/token-endpoint.ts'
import { expire, userIdOf } from './arrange.ts'
import { contentsOf } from './contents.ts'
import { insertPersonalToken } from './personal-token.ts'
import { hintOf, type Rotatable, rotate, secretsOf } from './rotations.ts'

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let owner: Client
let acme: string
let ada: Person
let adaId: string

beforeAll(async () => {
  postern = await startPostern()
  second = await postern.startSecondInstance()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  ada = await postern.signUp('ada')
  adaId = await userIdOf(postern.em(), 'ada')
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(async () => {
  await second.stop()
  await postern.stop()
})

const ofOrganization = async (): Promise<Rotatable> => ({
  ...(await generateToken(owner)),
  manager: owner,
  username: 'acme',
})
const ofPerson = async (): Promise<Rotatable> => ({
  ...(await insertPersonalToken(postern, adaId)),
  manager: ada.client,
  username: 'ada',
})

interface Login {
  readonly username: string
  readonly password: string
}

const doors = {
  'GET /token': async (login: Login, url = postern.url) =>
    visible(await askForToken(url, { login, headers: { 'user-agent': 'late/1.0' } })),
  'POST /token': async (login: Login, url = postern.url) =>
    visible(await postForToken(url, { grant_type: 'password', ...login }, { 'user-agent': 'late/1.0' })),
  'POST /graphql': async ({ password }: Login, url = postern.url) => {
    const client = url === postern.url ? postern.client(password) : second.client(password)
    const { status, headers, body } = await client.send(
      { query: '{ viewer { __typename } }' },
      { 'user-agent': 'late/1.0' },
    )
    return visible({ status, headers, text: JSON.stringify(body), body: {} })
  },
}
type Door = keyof typeof doors

/** The bytes of a response that could distinguish one rejection from another. */
function visible({ status, headers, text }: TokenResponse) {
  const names = [...headers.keys()].filter((name) => !['date', 'x-request-id'].includes(name))
  return { status, text, headers: Object.fromEntries(names.map((name) => [name, headers.get(name)])) }
}

function tryLate(door: Door, token: Rotatable, url = postern.url) {
  return doors[door]({ username: token.username, password: token.secret }, url)
}

const eventsOf = ({ id }: Rotatable) =>
  postern.em().find(ActivityEvent, { tokenId: id, action: 'access_token.late_secret_use' })

async function refusedAt({ id, secret }: Rotatable) {
  const row = await postern.em().findOneOrFail(AccessTokenSecret, { token: id, hint: hintOf(secret) })
  expect(row.lastUsedAt).toBeNull()
  return row.refusedAt
}

const everyDoor = Object.keys(doors) as Door[]
const everyKind = [
  { what: 'an organization token', make: ofOrganization, kind: 'oat', namespace: () => acme },
  { what: 'a personal token', make: ofPerson, kind: 'pat', namespace: () => adaId },
] as const

describe.each(everyKind.flatMap((each) => everyDoor.map((door) => ({ ...each, door }))))(
  'a secret of $what after its expiry, at $door',
  ({ make, kind, namespace, door }) => {
    it('is rejected with the same bytes as an unknown one', async () => {
      const token = await make()
      await rotate(token)
      const unknown = mintSecret('pstn', kind satisfies SecretKind).reveal()
      const reference = await doors[door]({ username: token.username, password: unknown })
      expect(reference.status).toBe(401)
      // The first attempt is recorded, the second is not.
      for (let time = 0; time < 2; time++) expect(await tryLate(door, token)).toEqual(reference)
    })

    it('is one event, with its origin, however often it is used', async () => {
      const token = await make()
      await rotate(token)
      const [{ endedAt } = { endedAt: null }] = await postern
        .em()
        .execute<Array<{ endedAt: string }>>('select expires_at as "endedAt" from access_token_secret where hint = ?', [
          hintOf(token.secret),
        ])
      expect(await refusedAt(token)).toBeNull()
      const from = Date.now()
      for (let time = 0; time < 3; time++) await tryLate(door, token)
      const [event, ...others] = await eventsOf(token)
      expect(others).toEqual([])
      expect(event).toMatchObject({
        namespace: namespace(),
        actorKind: 'SYSTEM',
        actorId: null,
        actorName: 'system',
        tokenId: token.id,
        target: event?.tokenLabel,
        ipAddress: '127.0.0.1',
        userAgent: 'late/1.0',
        requestId: expect.any(String),
        data: { hint: hintOf(token.secret), endedAt },
      })
      expect((await refusedAt(token))?.getTime()).toBeGreaterThanOrEqual(from)
    })
  },
)

describe('a late use', () => {
  it('a late use is recorded at most once a minute; otherwise it takes only the lookup', async () => {
    const token = await ofOrganization()
    await rotate(token)
    const start = Date.now() + 1_000
    vi.setSystemTime(start)
    await tryLate('GET /token', token)
    // Failures are written once a second, for all clients.
    const lookups = async (door: (typeof everyDoor)[number]) =>
      (await statementsOf(() => tryLate(door, token))).filter((text) => !text.includes('failure_count'))
    for (const door of everyDoor) expect(await lookups(door)).toHaveLength(1)
    vi.setSystemTime(start + 59_999)
    await tryLate('GET /token', token)
    expect((await refusedAt(token))?.getTime()).toBe(start)
    vi.setSystemTime(start + 60_000)
    await tryLate('POST /graphql', token)
    expect((await refusedAt(token))?.getTime()).toBe(start + 60_000)
    expect(await eventsOf(token)).toHaveLength(1)
  })

  it('a late use is one event if 20 arrive at once on two servers', async () => {
    const token = await ofOrganization()
    await rotate(token)
    const urls = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? postern.url : second.url))
    const responses = await Promise.all(
      urls.map((url, index) => tryLate(everyDoor[index % everyDoor.length] ?? 'GET /token', token, url)),
    )
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([401]))
    expect(await eventsOf(token)).toHaveLength(1)
  })

  it('a late use is one event for each secret', async () => {
    const token = await ofOrganization()
    const middle = await rotate(token)
    await rotate(token)
    await tryLate('GET /token', token)
    await tryLate('GET /token', { ...token, secret: middle })
    expect((await eventsOf(token)).map(({ data }) => data.hint).toSorted()).toEqual(
      [token.secret, middle].map(hintOf).toSorted(),
    )
  })

  it('a late use is an event with another username, too, because somebody has the secret', async () => {
    const token = await ofOrganization()
    await rotate(token)
    await tryLate('GET /token', { ...token, username: 'globex' })
    expect(await eventsOf(token)).toHaveLength(1)
  })

  it('a late use is not a use of the token or a secret', async () => {
    const token = await ofOrganization()
    await rotate(token)
    for (const door of everyDoor) await tryLate(door, token)
    expect((await secretsOf(token)).map(({ lastUsedAt }) => lastUsedAt)).toEqual([null])
    const { access_token_last_use = [] } = await contentsOf(postern.em())
    expect(access_token_last_use.filter((row) => row.includes(token.id))).toEqual([])
  })

  it('causes no notification if the token itself has expired or is inactive', async () => {
    const [inactive, expired] = [await ofOrganization(), await ofOrganization()]
    for (const token of [inactive, expired]) await rotate(token)
    await owner.execute(DeactivateTokenDocument, { id: inactive.id })
    await expire(postern.em(), expired.id)
    // Attempts are recorded and counted separately, whatever the reason.
    const contents = async () => ({ ...(await contentsOf(postern.em())), refused_attempt: [], failure_count: [] })
    const before = await contents()
    for (const token of [inactive, expired]) for (const door of everyDoor) await tryLate(door, token)
    expect(await contents()).toEqual(before)
  })
})

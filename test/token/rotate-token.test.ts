import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  AccessTokenDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  type RotateTokenInput,
} from '../../schema/typed-documents.ts'
import { AccessToken, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import {
  createOrganization,
  createRepository,
  generateToken,
  type Person,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { askForToken } from '../harness/token-endpoint.ts'
import { expire, faultsOf, userIdOf } from './arrange.ts'
import { insertPersonalToken } from './personal-token.ts'
import { hintOf, opens, type Rotatable, rotate, secretsOf, tryToRotate } from './rotations.ts'

let postern: Postern
let owner: Client
let ada: Person
let adaId: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/api', 'PUBLIC')
  ada = await postern.signUp('ada')
  adaId = await userIdOf(postern.em(), 'ada')
})
afterEach(() => {
  vi.useRealTimers()
})
afterAll(() => postern.stop())

const kinds = {
  'an organization token': async (): Promise<Rotatable> => ({
    ...(await generateToken(owner, { pullLimit: 50 })),
    manager: owner,
    username: 'acme',
  }),
  'a personal token': async (): Promise<Rotatable> => ({
    ...(await insertPersonalToken(postern, adaId)),
    manager: ada.client,
    username: 'ada',
  }),
}
const ofOrganization = kinds['an organization token']

const hour = 3_600_000
const opened = (token: Rotatable, ...secrets: readonly string[]) =>
  Promise.all(secrets.map((secret) => opens(postern, token, secret)))

describe.each(Object.entries(kinds))('%s', (_, make) => {
  it('gets a new secret instead of the old one, which expires at once', async () => {
    const token = await make()
    for (const input of [undefined, {}, { graceSeconds: 0 }, { graceSeconds: null, idempotencyKey: null }]) {
      const secret = await rotate(token, input)
      expect(secret).toMatch(/^pstn_(oat|pat)_/)
      expect(secret.slice(0, 9)).toBe(token.secret.slice(0, 9))
      expect(await secretsOf(token)).toEqual([
        { hint: hintOf(secret), createdAt: expect.any(String), expiresAt: null, lastUsedAt: null },
      ])
      expect(await opened(token, token.secret, secret)).toEqual([false, true])
    }
  })

  it('keeps the old secret valid for the grace period, and no longer', async () => {
    const token = await make()
    const start = Date.now()
    vi.setSystemTime(start)
    const { secret, accessToken } = await tryToRotate(token, { graceSeconds: 3_600 })
    const endsAt = new Date(start + hour).toISOString()
    expect(accessToken).toMatchObject({ id: token.id, hint: hintOf(secret ?? '') })
    expect(accessToken?.secrets).toEqual([
      { hint: hintOf(secret ?? ''), createdAt: new Date(start).toISOString(), expiresAt: null, lastUsedAt: null },
      { hint: hintOf(token.secret), createdAt: expect.any(String), expiresAt: endsAt, lastUsedAt: null },
    ])
    expect(await opened(token, token.secret)).toEqual([true])
    vi.setSystemTime(start + hour - 1)
    expect(await opened(token, token.secret)).toEqual([true])
    vi.setSystemTime(start + hour)
    expect(await opened(token, token.secret, secret ?? '')).toEqual([false, true])
    expect((await secretsOf(token)).map(({ hint }) => hint)).toEqual([hintOf(secret ?? '')])
  })

  it('never extends an old secret beyond the expiry of the token', async () => {
    const token = await make()
    const expiresAt = new Date(Date.now() + hour)
    await postern.em().nativeUpdate(AccessToken, { id: token.id }, { expiresAt })
    const secret = await rotate(token, { graceSeconds: 7_200 })
    const [newest, old] = await secretsOf(token)
    expect([newest?.expiresAt, old?.expiresAt]).toEqual([null, expiresAt.toISOString()])
    vi.setSystemTime(expiresAt.getTime() - 1)
    expect(await opened(token, token.secret, secret)).toEqual([true, true])
    vi.setSystemTime(expiresAt)
    expect(await opened(token, token.secret, secret)).toEqual([false, false])
  })

  it('has at most two valid secrets: a rotation after the use of the new one expires the oldest', async () => {
    const token = await make()
    const second = await rotate(token, { graceSeconds: 604_800 })
    await opened(token, second)
    const third = await rotate(token, { graceSeconds: 3_600 })
    expect((await secretsOf(token)).map(({ hint }) => hint)).toEqual([hintOf(third), hintOf(second)])
    expect(await opened(token, token.secret, second, third)).toEqual([false, true, true])
    const fourth = await rotate(token)
    expect((await secretsOf(token)).map(({ hint }) => hint)).toEqual([hintOf(fourth)])
    expect(await opened(token, token.secret, second, third, fourth)).toEqual([false, false, false, true])
  })

  it('keeps all other values', async () => {
    const token = await make()
    const scopes = ['repository:acme/api:pull']
    await askForToken(postern.url, { login: { username: token.username, password: token.secret }, scopes })
    const before = (await token.manager.execute(AccessTokenDocument, { id: token.id })).accessToken
    expect(before?.usageLimit.used).toBeGreaterThan(0)
    await rotate(token)
    const { accessToken } = await token.manager.execute(AccessTokenDocument, { id: token.id })
    expect(accessToken).toEqual(before)
  })
})

describe('the grace period', () => {
  it.each([-1, 604_801, -2_147_483_648, 2_147_483_647])(
    'the grace period cannot be %d seconds',
    async (graceSeconds) => {
      const token = await ofOrganization()
      const before = await databaseDigest(postern)
      const payload = await tryToRotate(token, { graceSeconds })
      expect(faultsOf(payload)).toEqual(['INVALID input.graceSeconds'])
      expect(payload).toMatchObject({ accessToken: null, secret: null })
      expect(await databaseDigest(postern)).toBe(before)
    },
  )

  it('the grace period can be 7 days, and is reported together with all other errors', async () => {
    const token = await ofOrganization()
    const start = Date.now()
    vi.setSystemTime(start)
    await rotate(token, { graceSeconds: 604_800 })
    expect((await secretsOf(token))[1]?.expiresAt).toBe(new Date(start + 604_800_000).toISOString())
    expect(faultsOf(await tryToRotate(token, { graceSeconds: -1, idempotencyKey: ' ' }))).toEqual([
      'INVALID input.graceSeconds',
      'INVALID input.idempotencyKey',
    ])
  })
})

describe('a token that cannot be rotated', () => {
  const deactivated = async () => {
    const token = await ofOrganization()
    await owner.execute(DeactivateTokenDocument, { id: token.id })
    return token
  }
  const expired = async () => {
    const token = await ofOrganization()
    await expire(postern.em(), token.id)
    return token
  }
  const deleted = async () => {
    const token = await ofOrganization()
    await owner.execute(DeleteTokenDocument, { id: token.id })
    return token
  }
  const ofDevice = async () => {
    const [session] = await postern
      .em()
      .execute<Array<{ id: string }>>('select id from session where user_id = ?', [adaId])
    return { ...(await insertPersonalToken(postern, adaId, session?.id)), manager: ada.client, username: 'ada' }
  }
  const bySomebodyElse = async () => ({ ...(await ofOrganization()), manager: ada.client })
  const ofSomebodyElse = async () => ({ ...(await insertPersonalToken(postern, adaId)), manager: owner })

  it.each([
    ['an inactive token', 'TOKEN_INACTIVE id', deactivated],
    ['an expired token', 'TOKEN_EXPIRED id', expired],
    ['a deleted token', 'NOT_FOUND id', deleted],
    ['a token of a device', 'INVALID id', ofDevice],
    ['a token of an organization of another owner', 'NOT_FOUND id', bySomebodyElse],
    ['a token of another person', 'NOT_FOUND id', ofSomebodyElse],
  ])('a token that cannot be rotated is %s: %s, and nothing is written', async (_, fault, make) => {
    const token = await make()
    const input: RotateTokenInput = { graceSeconds: 60, idempotencyKey: 'again' }
    const before = await databaseDigest(postern)
    const payload = await tryToRotate(token, input)
    expect(faultsOf(payload)).toEqual([fault])
    expect(payload).toMatchObject({ accessToken: null, secret: null })
    expect(await databaseDigest(postern)).toBe(before)
    if (fault !== 'NOT_FOUND id') return
    for (const id of ['tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM', 'nonsense'])
      expect(await tryToRotate({ ...token, id }, input)).toEqual(payload)
  })

  it('a token cannot be rotated by a token', async () => {
    const token = await ofOrganization()
    const itself = { ...token, manager: postern.client(token.secret) }
    await expect(tryToRotate(itself)).rejects.toThrow(/^FORBIDDEN/)
    expect(await opened(token, token.secret)).toEqual([true])
  })
})

describe('expired secrets', () => {
  it('expired secrets are deleted by the first rotation after 30 days, and not before', async () => {
    const [token, other] = [await ofOrganization(), await ofOrganization()]
    await rotate(token)
    await rotate(other)
    const stored = ({ id }: Rotatable) => postern.em().count(AccessTokenSecret, { token: id })
    const endedAgo = async (ms: number) => {
      await postern
        .em()
        .nativeUpdate(AccessTokenSecret, { expiresAt: { $ne: null } }, { expiresAt: new Date(Date.now() - ms) })
    }
    await endedAgo(30 * 24 * hour - 60_000)
    await rotate(token)
    expect(await stored(token)).toBe(3)
    await endedAgo(30 * 24 * hour + 60_000)
    const secret = await rotate(token)
    expect([await stored(token), await stored(other)]).toEqual([2, 2])
    expect(await opened(token, secret)).toEqual([true])
  })
})

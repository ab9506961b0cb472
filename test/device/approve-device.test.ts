import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ApproveDeviceDocument,
  ChangePasswordDocument,
  DenyDeviceDocument,
  DeviceRequestDocument,
  PersonalTokensDocument,
  SignOutDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { signInAgain } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { poll, startDevice } from '../harness/device.ts'
import { startOpenidProvider } from '../harness/openid-provider.ts'
import { generatePersonal, signInDevice, tryToGeneratePersonal, tryToSignInDevice } from '../harness/personal-token.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { configure, enforce, newPerson, signInThrough } from '../sso/arrange.ts'

let postern: Postern
let people = 0

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
})
beforeEach(() => postern.em().execute('truncate failure_count'))
afterEach(() => vi.useRealTimers())
afterAll(() => postern.stop())

const somebody = () => postern.signUp(`person-${++people}`)
const approve = async ({ client }: Pick<Person, 'client'>, userCode: string) =>
  (await client.execute(ApproveDeviceDocument, { userCode })).approveDevice
/** The errors of what a person can do with a code. */
const codesOf = async (client: Client, userCode: string) =>
  (
    await Promise.all([
      client.codesOf(DeviceRequestDocument, { userCode }),
      client.codesOf(ApproveDeviceDocument, { userCode }),
      client.codesOf(DenyDeviceDocument, { userCode }),
    ])
  ).flat()
const labelsOf = async ({ client }: Person) =>
  (await client.execute(PersonalTokensDocument, { first: 100 })).viewer?.user?.accessTokens.nodes.map(
    ({ label }) => label,
  )

describe('deviceRequest', () => {
  it('shows what the device says and where it is, for its code in any case, with or without the hyphen', async () => {
    const ada = await somebody()
    const headers = { 'x-forwarded-for': '203.0.113.9', 'user-agent': 'television/1.0' }
    const { userCode } = await startDevice(postern, '<b>television</b>', headers)
    const expected = {
      deviceName: '<b>television</b>',
      clientId: 'postern-tests',
      ipAddress: '203.0.113.9',
      userAgent: 'television/1.0',
    }
    for (const typed of [
      userCode,
      userCode.toLowerCase(),
      userCode.replace('-', ''),
      ` ${userCode.replace('-', ' – ')} `,
    ]) {
      const { deviceRequest } = await ada.client.execute(DeviceRequestDocument, { userCode: typed })
      expect(deviceRequest).toMatchObject(expected)
    }
  })

  it('is null for a code of nobody, a decided one and an expired one', async () => {
    const ada = await somebody()
    const codes = [(await startDevice(postern)).userCode, (await startDevice(postern)).userCode]
    await approve(ada, codes[0] ?? '')
    await ada.client.execute(DenyDeviceDocument, { userCode: codes[1] ?? '' })
    for (const userCode of [...codes, 'BCDF-GHJK', 'no code', '']) {
      expect(await ada.client.execute(DeviceRequestDocument, { userCode })).toEqual({ deviceRequest: null })
      const { userErrors } = await approve(ada, userCode)
      expect(userErrors).toMatchObject([
        { code: /^\w{4}-/.test(userCode) ? 'NOT_FOUND' : 'INVALID', path: ['userCode'] },
      ])
    }
    const { userCode } = await startDevice(postern)
    vi.setSystemTime(Date.now() + 601_000)
    expect(await ada.client.execute(DeviceRequestDocument, { userCode })).toEqual({ deviceRequest: null })
    expect((await approve(ada, userCode)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
  })

  it('is for people alone, and so is the decision; anybody else changes nothing', async () => {
    const ada = await somebody()
    const admin = await postern.signInAsAdministrator()
    await createOrganization(admin, 'acme')
    const { userCode } = await startDevice(postern)
    const secrets = [
      undefined,
      (await generatePersonal(ada.client)).secret,
      (await signInDevice(postern, ada)).secret,
      (await generateToken(admin)).secret,
    ]
    for (const secret of secrets) {
      const client = postern.client(secret)
      const code = secret === undefined ? 'UNAUTHENTICATED' : 'FORBIDDEN'
      expect(await codesOf(client, userCode)).toEqual([code, code, code])
    }
    expect((await approve(ada, userCode)).userErrors).toEqual([])
  })
})

describe('wrong user codes', () => {
  const guess = (person: Person, network: string) =>
    person.client.send(
      { query: 'mutation { approveDevice(userCode: "BCDF-GHJK") { userErrors { code } } }' },
      { 'x-forwarded-for': network },
    )
  const denials = (answers: Awaited<ReturnType<typeof guess>>[]) =>
    answers.filter(({ body }) => body.errors?.[0]?.extensions.code === 'TOO_MANY_REQUESTS')

  it('are denied after ten of one person, from any network, at once or not; then the right one is, too', async () => {
    const [ada, ben] = [await somebody(), await somebody()]
    const answers = await Promise.all(Array.from({ length: 14 }, (_, i) => guess(ada, `198.18.0.${i}`)))
    const denied = denials(answers)
    expect(denied).toHaveLength(4)
    expect(denied[0]?.headers.get('retry-after')).toMatch(/^(8[5-9]\d|900)$/)
    const { userCode } = await startDevice(postern)
    const code = 'TOO_MANY_REQUESTS'
    expect(await codesOf(ada.client, userCode)).toEqual([code, code, code])
    expect((await approve(ben, userCode)).userErrors).toEqual([])
  })

  it('are denied after a hundred of one network, whoever types them', async () => {
    const crowd = await Promise.all(Array.from({ length: 11 }, somebody))
    const answers = []
    for (const person of crowd)
      answers.push(...(await Promise.all(Array.from({ length: 10 }, () => guess(person, '198.18.1.1')))))
    expect(denials(answers)).toHaveLength(10)
  })

  it('are not counted for right ones', async () => {
    const ada = await somebody()
    for (let i = 0; i < 12; i++) {
      const { userCode } = await startDevice(postern)
      expect((await ada.client.execute(DeviceRequestDocument, { userCode })).deviceRequest).not.toBeNull()
    }
  })
})

describe('an approved device', () => {
  it('is one event, that names the device, its program and its address', async () => {
    const ada = await somebody()
    const { userCode } = await startDevice(postern, 'sofa', { 'x-forwarded-for': '203.0.113.9' })
    await approve(ada, userCode)
    const event = (await recordedActivity(postern, ada.username)).at(-1)
    expect(event).toMatchObject({
      action: 'user.device_approve',
      target: 'sofa',
      actorKind: 'USER',
      ipAddress: '127.0.0.1',
      data: { client: 'postern-tests', deviceAddress: '203.0.113.9' },
    })
  })

  it('is signed out before it comes when the password changes, and stays when the browser signs out', async () => {
    const ada = await somebody()
    const [one, other] = [await startDevice(postern, 'one'), await startDevice(postern, 'other')]
    const browser = await signInAgain(postern, ada)
    await approve({ client: browser }, one.userCode)
    await browser.execute(SignOutDocument, {})
    expect((await poll(postern, one)).status).toBe(200)
    await approve(ada, other.userCode)
    const input = { currentPassword: ada.password, newPassword: 'another password' }
    await ada.client.execute(ChangePasswordDocument, { input })
    expect((await poll(postern, other)).body.error).toBe('invalid_grant')
    expect(await labelsOf(ada)).toEqual([])
  })

  it('replaces one of the same name, and the oldest of five', async () => {
    const ada = await somebody()
    const signIn = async (name: string) => {
      const device = await startDevice(postern, name)
      expect((await approve(ada, device.userCode)).userErrors).toEqual([])
      expect((await poll(postern, device)).status).toBe(200)
    }
    for (const name of ['a', 'b', 'c', 'd', 'e']) await signIn(name)
    await signIn('c')
    expect((await labelsOf(ada))?.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
    await signInDevice(postern, ada, 'f')
    await signIn('g')
    expect((await labelsOf(ada))?.toSorted()).toEqual(['c', 'd', 'e', 'f', 'g'])
  })

  it('is approved through single sign-on, where an organization enforces it', async () => {
    const provider = await startOpenidProvider()
    try {
      const admin = await postern.signInAsAdministrator()
      await createOrganization(admin, 'single')
      await configure(admin, provider, 'single')
      const subject = newPerson(provider, { preferred_username: 'grace' })
      const { sessionToken } = await signInThrough(postern, provider, subject, { organization: 'single' })
      await enforce(postern, 'single')
      const device = await startDevice(postern)
      expect((await approve({ client: postern.client(sessionToken ?? '') }, device.userCode)).userErrors).toEqual([])
      const { body } = await poll(postern, device)
      const asDevice = postern.client(String(body.access_token))
      const { body: seen } = await asDevice.send({ query: '{ viewer { user { username } } }' })
      expect(seen).toEqual({ data: { viewer: { user: { username: 'grace' } } } })
    } finally {
      await provider.stop()
    }
  })
})

describe('devices that sign in', () => {
  it('count among the 20 personal tokens of an hour from their approval on, on two instances at once', async () => {
    const ada = await somebody()
    for (let i = 0; i < 15; i++) await signInDevice(postern, ada, `device ${i % 3}`)
    const codes = []
    for (let i = 0; i < 4; i++) codes.push((await startDevice(postern, `device ${i}`)).userCode)
    const second = await postern.startSecondInstance()
    try {
      const clients = [ada.client, second.client(ada.sessionToken)]
      const attempts = [
        ...codes.map((userCode, i) => clients[i % 2]?.codesOf(ApproveDeviceDocument, { userCode })),
        ...clients.map((client) =>
          tryToGeneratePersonal(client).then(
            () => [],
            () => ['TOO_MANY_REQUESTS'],
          ),
        ),
        tryToSignInDevice(postern, ada, 'device 9').then(
          () => [],
          () => ['TOO_MANY_REQUESTS'],
        ),
      ]
      const outcomes = await Promise.all(attempts)
      expect(outcomes.flat()).toEqual(['TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS'])
    } finally {
      await second.stop()
    }
    const before = await databaseDigest(postern)
    await expect(tryToSignInDevice(postern, ada, 'one more')).rejects.toThrow('within an hour; devices count, too')
    expect(await databaseDigest(postern)).toBe(before)
    vi.setSystemTime(Date.now() + 3_601_000)
    expect((await tryToSignInDevice(postern, ada, 'one more')).userErrors).toEqual([])
  })
})

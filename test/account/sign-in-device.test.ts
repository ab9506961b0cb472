import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  ChangePasswordDocument,
  DeleteTokenDocument,
  PersonalTokensDocument,
  SignInDeviceDocument,
  SignInDocument,
  SignOutDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import { Session } from '../../src/domain/model/session.ts'
import { hashPassword } from '../../src/domain/secrets/password.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { addMember, createOwnedOrganization, signInAgain } from '../harness/callers.ts'
import { generatePersonal, signInDevice, tryToSignInDevice } from '../harness/personal-token.ts'
import { adminPassword, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { faultsOf, userIdOf } from '../token/arrange.ts'
import { recordedActions, recordedActivity } from './recorded-activity.ts'

let postern: Postern
let people = 0

beforeAll(async () => {
  postern = await startPostern()
})
afterEach(() => vi.useRealTimers())
afterAll(() => postern.stop())

const somebody = () => postern.signUp(`person-${++people}`)

/** The labels of a person's tokens, newest first. */
async function tokensOf({ client }: Person): Promise<string[]> {
  const { viewer } = await client.execute(PersonalTokensDocument, { first: 100 })
  return viewer?.user?.accessTokens.nodes.map(({ label, origin }) => `${label} ${origin}`) ?? []
}

const sessionsOf = async ({ username }: Person) =>
  postern.em().find(Session, { user: await userIdOf(postern.em(), username) })
const devicesOf = async (person: Person) => (await sessionsOf(person)).flatMap(({ deviceName }) => deviceName ?? [])
const isIn = async (secret: string) =>
  (await postern.client(secret).send({ query: '{ viewer { user { id } } }' })).status === 200

describe('signInDevice', () => {
  it('accepts the username in any case', async () => {
    const { username, password } = await somebody()
    const { userErrors } = await tryToSignInDevice(postern, { username: username.toUpperCase(), password })
    expect(userErrors).toEqual([])
  })

  it('generates a token for 90 days with all access of the person, and records where it came from', async () => {
    const ada = await somebody()
    const before = Date.now()
    const { accessToken, secret, userErrors } = await tryToSignInDevice(postern, ada, ' desktop ')
    expect(userErrors).toEqual([])
    expect(secret).toMatch(/^pstn_pat_/)
    expect(accessToken).toMatchObject({ label: 'desktop', origin: 'AUTO_GENERATED' })
    const lifetime = Date.parse(accessToken?.expiresAt ?? '') - before
    expect(lifetime / 86_400_000).toBeCloseTo(90, 2)
    const { viewer } = await postern.client(secret ?? '').execute(ViewerDocument, {})
    expect(viewer).toMatchObject({ user: { username: ada.username }, accessToken: { label: 'desktop' } })
    const { viewer: own } = await ada.client.execute(PersonalTokensDocument, {})
    expect(own?.user?.accessTokens.nodes).toMatchObject([
      { access: 'READ_WRITE_DELETE', status: 'ACTIVE', scopes: [{ path: '*/*' }] },
    ])
  })

  it('starts a session that only the token can use', async () => {
    const ada = await somebody()
    const { secret } = await signInDevice(postern, ada)
    expect(await devicesOf(ada)).toEqual(['desktop'])
    expect(await isIn(secret.replace('_pat_', '_ses_'))).toBe(false)
    expect(await isIn(secret)).toBe(true)
  })

  it('records one event, without the password and the secret', async () => {
    const ada = await somebody()
    const { id, secret } = await signInDevice(postern, ada)
    const [, event, ...more] = await recordedActivity(postern, ada.username)
    expect(more).toEqual([])
    expect(event).toMatchObject({
      action: 'user.device_sign_in',
      target: 'desktop',
      tokenId: id,
      tokenLabel: 'desktop',
      actorKind: 'USER',
      actorName: ada.username,
      ipAddress: '127.0.0.1',
    })
    expect(JSON.stringify(event)).not.toMatch(new RegExp(`${secret}|${ada.password}`))
  })

  it('rejects wrong passwords with the message of signIn, and writes nothing', async () => {
    const ada = await somebody()
    const owner = await somebody()
    await createOwnedOrganization(postern, owner.client, 'acme', 'TEAM')
    const token = await generateToken(owner.client)
    const personal = await generatePersonal(ada.client)
    const before = await databaseDigest(postern)
    for (const [username, password] of [
      [ada.username, 'a wrong password'],
      [ada.username, personal.secret],
      [ada.username, ada.sessionToken],
      ['acme', token.secret],
      ['acme', owner.password],
      ['nobody', ada.password],
      ['', ''],
      ['\u0000', ada.password],
    ] as const) {
      const input = { username, password }
      const { signIn } = await postern.client().execute(SignInDocument, { input })
      const failed = await tryToSignInDevice(postern, input)
      expect(failed).toEqual({ accessToken: null, secret: null, userErrors: signIn.userErrors })
      expect(faultsOf(failed)).toEqual(['SIGN_IN_FAILED input'])
    }
    for (const deviceName of ['', ' ', 'x'.repeat(101), 'a\nb'])
      expect(faultsOf(await tryToSignInDevice(postern, ada, deviceName))).toEqual(['INVALID input.deviceName'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('rejects the correct password of a person who must use single sign-on, like a wrong one', async () => {
    const ada = await somebody()
    const owner = await somebody()
    const organization = await createOwnedOrganization(postern, owner.client, 'single', 'TEAM')
    await addMember(postern, organization, ada.client, 'MEMBER')
    await postern.em().nativeUpdate(Organization, { id: organization }, { ssoEnforced: true })
    expect(faultsOf(await tryToSignInDevice(postern, ada))).toEqual(['SIGN_IN_FAILED input'])
    expect(faultsOf(await tryToSignInDevice(postern, { ...ada, password: 'a wrong one' }))).toEqual([
      'SIGN_IN_FAILED input',
    ])
    await signInDevice(postern, { username: 'admin', password: adminPassword })
  })

  it('continues as the device in the rest of the same document', async () => {
    const { username, password } = await somebody()
    const sendTo = (next: string) =>
      postern.client().send({
        query: `mutation ($input: SignInDeviceInput!) {
          signInDevice(input: $input) { accessToken { createdBy { username } usageLimit { limit } } }
          ${next}
        }`,
        variables: { input: { username, password, deviceName: 'x' } },
      })
    const { body } = await sendTo('signOut { userErrors { code } }')
    expect(body).toEqual({
      data: {
        signInDevice: { accessToken: { createdBy: { username }, usageLimit: { limit: 200 } } },
        signOut: { userErrors: [] },
      },
    })
    const { body: failed } = await sendTo('createOrganization(input: { name: "stolen" }) { organization { id } }')
    expect(failed.errors).toMatchObject([{ path: ['createOrganization'], extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('the devices of a person', () => {
  it('the devices of a person have one token each: a login of the same device replaces it', async () => {
    const ada = await somebody()
    const [first, other] = [await signInDevice(postern, ada, 'desk'), await signInDevice(postern, ada, 'sofa')]
    const again = await signInDevice(postern, ada, 'desk')
    expect(await Promise.all([first, other, again].map(({ secret }) => isIn(secret)))).toEqual([false, true, true])
    expect(await tokensOf(ada)).toEqual(['desk AUTO_GENERATED', 'sofa AUTO_GENERATED'])
    expect((await devicesOf(ada)).toSorted()).toEqual(['desk', 'sofa'])
    const [ended] = (await recordedActivity(postern, ada.username))
      .filter(({ tokenId }) => tokenId === first.id)
      .slice(1)
    expect(ended).toMatchObject({ action: 'access_token.delete', target: 'desk', actorName: ada.username })
  })

  it('the devices of a person are at most five: the oldest is signed out, and generated tokens stay', async () => {
    const ada = await somebody()
    await generatePersonal(ada.client)
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const secrets: string[] = []
    for (const name of names) secrets.push((await signInDevice(postern, ada, name)).secret)
    expect(await Promise.all(secrets.map(isIn))).toEqual([false, false, true, true, true, true, true])
    expect(await tokensOf(ada)).toEqual([
      ...['g', 'f', 'e', 'd', 'c'].map((name) => `${name} AUTO_GENERATED`),
      'laptop MANUAL',
    ])
    const actions = await recordedActions(postern, ada.username)
    expect(actions.filter((action) => action === 'access_token.delete')).toHaveLength(2)
    // The person's own session is not a device.
    expect((await ada.client.execute(ViewerDocument, {})).viewer?.user?.username).toBe(ada.username)
  })

  it('the devices of a person are at most five, also if twelve sign in at the same time on two servers', async () => {
    const ada = await somebody()
    const second = await postern.startSecondInstance()
    try {
      const created = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          signInDevice(index % 2 ? postern : second, ada, `device ${index % 9}`),
        ),
      )
      expect(created).toHaveLength(12)
      expect(new Set(await devicesOf(ada)).size).toBe(5)
      expect(await tokensOf(ada)).toHaveLength(5)
    } finally {
      await second.stop()
    }
  })

  it('the devices of a person are signed out when they expire', async () => {
    const ada = await somebody()
    const { secret } = await signInDevice(postern, ada)
    vi.setSystemTime(Date.now() + 90 * 86_400_000 - 60_000)
    expect(await isIn(secret)).toBe(true)
    vi.setSystemTime(Date.now() + 120_000)
    expect(await isIn(secret)).toBe(false)
    await signInAgain(postern, ada)
    expect(await devicesOf(ada)).toEqual([])
  })
})

describe('a device', () => {
  it('a device is signed out by signOut with its token, which no other token may call', async () => {
    const ada = await somebody()
    const [device, other] = [await signInDevice(postern, ada, 'desk'), await signInDevice(postern, ada, 'sofa')]
    const generated = await generatePersonal(ada.client, { access: 'READ_WRITE_DELETE' })
    expect(await postern.client(generated.secret).codesOf(SignOutDocument, {})).toEqual(['FORBIDDEN'])
    expect(await postern.client(device.secret).execute(SignOutDocument, {})).toEqual({ signOut: { userErrors: [] } })
    const secrets = [device, other, generated].map(({ secret }) => secret)
    expect(await Promise.all(secrets.map(isIn))).toEqual([false, true, true])
    expect(await devicesOf(ada)).toEqual(['sofa'])
    expect((await recordedActivity(postern, ada.username)).at(-1)).toMatchObject({
      action: 'user.sign_out',
      actorKind: 'PERSONAL_TOKEN',
      actorId: device.id,
      tokenId: device.id,
      tokenLabel: 'desk',
    })
  })

  it('is signed out when its token is deleted with signOut', async () => {
    const ada = await somebody()
    const { id, secret } = await signInDevice(postern, ada)
    const { deleteToken } = await ada.client.execute(DeleteTokenDocument, { id, signOut: true })
    expect(deleteToken).toEqual({ deletedId: id, userErrors: [] })
    expect(await isIn(secret)).toBe(false)
    expect(await devicesOf(ada)).toEqual([])
    expect((await recordedActions(postern, ada.username)).slice(2)).toEqual(['access_token.delete'])
  })

  it('a device is signed out by a change of the password, which keeps generated tokens', async () => {
    const ada = await somebody()
    const device = await signInDevice(postern, ada)
    const generated = await generatePersonal(ada.client)
    const input = { currentPassword: ada.password, newPassword: 'another password' }
    await ada.client.execute(ChangePasswordDocument, { input })
    expect([await isIn(device.secret), await isIn(generated.secret)]).toEqual([false, true])
    expect(await tokensOf(ada)).toEqual(['laptop MANUAL'])
  })

  it('a device is signed out once and without an error, whatever ends it at the same time', async () => {
    const ada = await somebody()
    for (let round = 0; round < 6; round++) {
      const { id, secret } = await signInDevice(postern, ada)
      const asDevice = postern.client(secret)
      const responses = await Promise.all([
        asDevice.send({ query: 'mutation { signOut { userErrors { code } } }' }),
        ada.client.send({ query: `mutation { deleteToken(id: "${id}") { userErrors { code } } }` }),
        ada.client.send({
          query: `mutation { updateToken(id: "${id}", input: { label: "x" }) { userErrors { code } } }`,
        }),
        asDevice.send({ query: '{ viewer { user { id } } }' }),
      ])
      expect(JSON.stringify(responses.map(({ body }) => body))).not.toContain('INTERNAL_SERVER_ERROR')
      expect(await devicesOf(ada)).toEqual([])
    }
  })

  it('a device is not signed in with the old password while the password changes', async () => {
    const ada = await somebody()
    const newHash = await hashPassword('another password', '127.0.0.1/32')
    const { username, password } = ada
    const responses = await whileLocked(
      postern,
      (em) => em.execute('update user_account set password_hash = ? where username = ?', [newHash, username]),
      [() => postern.client().execute(SignInDeviceDocument, { input: { username, password, deviceName: 'desk' } })],
    )
    expect(responses).toMatchObject([{ signInDevice: { secret: null, userErrors: [{ code: 'SIGN_IN_FAILED' }] } }])
    expect(await devicesOf(ada)).toEqual([])
  })
})

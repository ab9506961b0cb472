import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  ChangePasswordDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  PersonalTokensDocument,
  SignOutDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { generatePersonal, signInDevice } from '../harness/personal-token.ts'
import { type Person, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { askForToken } from '../harness/token-endpoint.ts'

let postern: Postern
let people = 0
let ada: Person

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
})
beforeEach(async () => {
  await postern.em().execute('truncate failure_count')
  ada = await postern.signUp(`person-${++people}`)
})
afterAll(() => postern.stop())

const isIn = async (secret: string) =>
  (await postern.client(secret).send({ query: '{ viewer { user { id } } }' })).status === 200
const login = async (secret: string, username = ada.username) =>
  (await askForToken(postern.url, { login: { username, password: secret } })).status
const remove = ({ id }: { id: string }, signOut = false) => ada.client.execute(DeleteTokenDocument, { id, signOut })
const tokens = async () =>
  (await ada.client.execute(PersonalTokensDocument, {})).viewer?.user?.accessTokens.nodes.map(
    ({ id, label, origin, status }) => ({ id, label, origin, status }),
  )

describe("a device's token that was deleted", () => {
  it.each(['as a bearer', 'at /token'])(
    'is created again when the device uses it %s, with its label and one event',
    async (how) => {
      const device = await signInDevice(postern, ada)
      await ada.client.execute(UpdateTokenDocument, { id: device.id, input: { label: 'my desk' } })
      await remove(device)
      expect(await tokens()).toEqual([])
      expect(how === 'at /token' ? await login(device.secret) : await isIn(device.secret)).toBe(
        how === 'at /token' ? 200 : true,
      )
      const [again, ...more] = (await tokens()) ?? []
      expect(more).toEqual([])
      expect(again).toMatchObject({ label: 'my desk', origin: 'AUTO_GENERATED', status: 'ACTIVE' })
      expect(again?.id).not.toBe(device.id)
      const events = (await recordedActivity(postern, ada.username)).filter(
        ({ action }) => action === 'access_token.recreate',
      )
      expect(events).toMatchObject([
        { tokenId: again?.id, tokenLabel: 'my desk', actorKind: 'PERSONAL_TOKEN', actorName: ada.username },
      ])
      expect(JSON.stringify(events)).not.toContain(device.secret)
      // And again, as often as somebody deletes it.
      await remove(again ?? device)
      expect(await isIn(device.secret)).toBe(true)
    },
  )

  it('is created once when the device uses it many times at once, at two instances', async () => {
    const device = await signInDevice(postern, ada)
    await remove(device)
    const second = await postern.startSecondInstance()
    try {
      const uses = Array.from({ length: 12 }, (_, i) =>
        i % 3
          ? (i % 2 ? second : postern).client(device.secret).send({ query: '{ viewer { user { id } } }' })
          : login(device.secret),
      )
      for (const use of await Promise.all(uses)) expect(typeof use === 'number' ? use : use.status).toBe(200)
      expect(await tokens()).toHaveLength(1)
    } finally {
      await second.stop()
    }
  })

  it.each([
    ['signOut with it', (device: { secret: string }) => postern.client(device.secret).execute(SignOutDocument, {})],
    [
      'a change of the password',
      () => {
        const input = { currentPassword: ada.password, newPassword: 'another password' }
        return ada.client.execute(ChangePasswordDocument, { input })
      },
    ],
    ['the same device, signed in again', () => signInDevice(postern, ada)],
    ['its deletion with signOut', (device: { id: string }) => remove(device, true)],
    [
      'its deletion while it is inactive',
      async (device: { id: string }) => {
        await ada.client.execute(DeactivateTokenDocument, { id: device.id })
        await remove(device)
      },
    ],
  ])('is ended for good by %s', async (_, end) => {
    const device = await signInDevice(postern, ada)
    await end(device)
    expect([await isIn(device.secret), await login(device.secret)]).toEqual([false, 401])
    await remove(device)
    expect([await isIn(device.secret), await login(device.secret)]).toEqual([false, 401])
  })

  it('is ended for good also after its deletion, by what ends sessions', async () => {
    const device = await signInDevice(postern, ada)
    await remove(device)
    const input = { currentPassword: ada.password, newPassword: 'another password' }
    await ada.client.execute(ChangePasswordDocument, { input })
    expect([await isIn(device.secret), await login(device.secret)]).toEqual([false, 401])
    expect(await tokens()).toEqual([])
  })

  it('stays deleted for another name, in quotation marks, and where a person generated it', async () => {
    const device = await signInDevice(postern, ada)
    const generated = await generatePersonal(ada.client)
    await remove(device)
    await remove(generated)
    expect(await login(device.secret, 'admin')).toBe(401)
    expect(await isIn(`"${device.secret}"`)).toBe(false)
    expect(await login(`"${device.secret}"`)).toBe(401)
    expect([await isIn(generated.secret), await login(generated.secret)]).toEqual([false, 401])
    expect(await tokens()).toEqual([])
  })
})

describe('an unknown personal token', () => {
  const unknown = () => mintSecret('pstn', 'pat').reveal()
  const at = (network: string, secret: string) =>
    askForToken(postern.url, {
      login: { username: ada.username, password: secret },
      headers: { 'x-forwarded-for': network },
    })

  it('costs one more statement, until the network has used up its failures', async () => {
    const network = '198.18.7.1'
    await at(network, unknown())
    const looksUpDevice = (text: string) => text.includes('"device_name" is not null')
    expect((await statementsOf(() => at(network, unknown()))).filter(looksUpDevice)).toHaveLength(1)
    await Promise.all(Array.from({ length: 100 }, () => at(network, unknown())))
    const statements = await statementsOf(async () => expect((await at(network, unknown())).status).toBe(429))
    expect(statements.filter(looksUpDevice)).toEqual([])
  })

  it('is looked up no second time for a valid token', async () => {
    const { secret } = await signInDevice(postern, ada)
    await isIn(secret)
    const statements = await statementsOf(async () =>
      expect([await isIn(secret), await login(secret)]).toEqual([true, 200]),
    )
    expect(statements.filter((text) => text.includes('"device_name" is not null'))).toEqual([])
  })
})

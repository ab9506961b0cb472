import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  ApproveDeviceDocument,
  DenyDeviceDocument,
  PersonalTokensDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { pruneDeviceRequests } from '../../src/domain/device/device-request-store.ts'
import { DeviceRequest } from '../../src/domain/model/device-request.ts'
import { Session } from '../../src/domain/model/session.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { userIdOf } from '../harness/callers.ts'
import { clientId, deviceCodeGrant, poll, postForm, startDevice } from '../harness/device.ts'
import { type Person, type Postern, startPostern } from '../harness/postern.ts'
import { askForToken } from '../harness/token-endpoint.ts'

let postern: Postern
let ada: Person

beforeAll(async () => {
  postern = await startPostern({ publicUrl: 'https://postern.example.com/prefix' })
  ada = await postern.signUp('ada')
})
afterEach(() => vi.useRealTimers())
afterAll(() => postern.stop())

const approve = async (userCode: string, { client }: Pick<Person, 'client'> = ada) => {
  const { approveDevice } = await client.execute(ApproveDeviceDocument, { userCode })
  expect(approveDevice.userErrors).toEqual([])
}
const codeOf = async (answer: Promise<{ body: Record<string, unknown> }>) => (await answer).body.error
const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

describe('POST /oauth/device', () => {
  it('returns the codes, and the address of PUBLIC_URL, to any origin', async () => {
    const { status, headers, body } = await postForm(postern.url, 'device', { client_id: 'a television', scope: 'any' })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        device_code: expect.stringMatching(/^pstn_dvc_\w{36}$/),
        user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
        verification_uri: 'https://postern.example.com/prefix/device',
        verification_uri_complete: `https://postern.example.com/prefix/device?user_code=${body.user_code}`,
        expires_in: 600,
        interval: 5,
      },
    })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('pragma')).toBe('no-cache')
    expect(headers.get('access-control-allow-origin')).toBe('*')
  })

  it('keeps no code, only hashes', async () => {
    const { deviceCode, userCode } = await startDevice(postern)
    const rows = await postern.em().execute('select device_request::text as text from device_request')
    const kept = JSON.stringify(rows)
    for (const code of [deviceCode, userCode, userCode.replace('-', '')]) {
      expect(kept).not.toContain(code)
      expect(kept).not.toContain(Buffer.from(code).toString('hex'))
    }
  })

  it.each([
    ['without a client_id', { device_name: 'x' }],
    ['with an empty client_id', { client_id: '' }],
    ['with a long client_id', { client_id: 'x'.repeat(101) }],
    ['with an invisible character in the name', { client_id: 'x', device_name: 'a\u202eb' }],
    ['with a long name', { client_id: 'x', device_name: 'x'.repeat(101) }],
    ['with a parameter twice', new URLSearchParams('client_id=a&client_id=b')],
  ])('is an invalid_request %s', async (_, form) => {
    const before = await postern.em().count(DeviceRequest)
    const { status, body } = await postForm(postern.url, 'device', form)
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_request' })
    // RFC 6749, section 5.2.
    expect(body.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(await postern.em().count(DeviceRequest)).toBe(before)
  })

  it('rejects client authentication and other bodies than forms', async () => {
    const basic = await postForm(postern.url, 'device', { client_id: 'x' }, { authorization: 'Basic eDp5' })
    expect([basic.status, basic.body.error]).toEqual([401, 'invalid_client'])
    expect(basic.headers.get('www-authenticate')).toMatch(/^Basic /)
    const json = await fetch(`${postern.url}/oauth/device`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"client_id":"x"}',
    })
    expect([json.status, await json.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })])
  })
})

describe('POST /oauth/token', () => {
  it('returns that approval is pending, and slow_down to an early device, by 5 seconds each time', async () => {
    const device = await startDevice(postern)
    expect(await codeOf(poll(postern, device))).toBe('authorization_pending')
    later(2)
    expect(await codeOf(poll(postern, device))).toBe('slow_down')
    later(6)
    expect(await codeOf(poll(postern, device))).toBe('slow_down')
    later(11)
    expect(await codeOf(poll(postern, device))).toBe('slow_down')
    later(20)
    expect(await codeOf(poll(postern, device))).toBe('authorization_pending')
    const { status, headers } = await poll(postern, device)
    expect([status, headers.get('cache-control')]).toEqual([400, 'no-store'])
  })

  it('gives an approved device the token of a device, once', async () => {
    const person = await postern.signUp('bea')
    const device = await startDevice(postern, 'bedroom')
    await poll(postern, device)
    await approve(device.userCode, person)
    // At once, although it comes early.
    const { status, body } = await poll(postern, device)
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^pstn_pat_/),
        token_type: 'Bearer',
        expires_in: expect.any(Number),
        scope: 'READ_WRITE_DELETE',
      },
    })
    expect(Number(body.expires_in) / 86_400).toBeCloseTo(90, 2)
    const secret = String(body.access_token)
    const { viewer } = await postern.client(secret).execute(ViewerDocument, {})
    expect(viewer).toMatchObject({ user: { username: 'bea' }, accessToken: { label: 'bedroom' } })
    expect((await askForToken(postern.url, { login: { username: 'bea', password: secret } })).status).toBe(200)
    const { viewer: own } = await person.client.execute(PersonalTokensDocument, {})
    expect(own?.user?.accessTokens.nodes).toMatchObject([
      { label: 'bedroom', origin: 'AUTO_GENERATED', access: 'READ_WRITE_DELETE', status: 'ACTIVE' },
    ])
    expect(await codeOf(poll(postern, device))).toBe('invalid_grant')
    const events = await recordedActivity(postern, 'bea')
    expect(events.slice(1).map(({ action, actorName, target }) => ({ action, actorName, target }))).toEqual([
      { action: 'user.device_approve', actorName: 'bea', target: 'bedroom' },
      { action: 'user.device_sign_in', actorName: 'bea', target: 'bedroom' },
    ])
    expect(JSON.stringify(events)).not.toContain(secret)
  })

  it('gives one token when the device asks many times at once, at two instances', async () => {
    const person = await postern.signUp('cleo')
    const second = await postern.startSecondInstance()
    try {
      const device = await startDevice(second)
      await approve(device.userCode, person)
      const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => poll(i % 2 ? postern : second, device)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(7)
      const { viewer } = await person.client.execute(PersonalTokensDocument, {})
      expect(viewer?.user?.accessTokens.totalCount).toBe(1)
    } finally {
      await second.stop()
    }
  })

  it('returns access_denied after a denial, until the code has expired', async () => {
    const device = await startDevice(postern)
    const { denyDevice } = await ada.client.execute(DenyDeviceDocument, { userCode: device.userCode })
    expect(denyDevice.userErrors).toEqual([])
    expect(await codeOf(poll(postern, device))).toBe('access_denied')
    later(601)
    expect(await codeOf(poll(postern, device))).toBe('expired_token')
  })

  it('returns expired_token after ten minutes, also to an approved device', async () => {
    const [idle, approved] = [await startDevice(postern), await startDevice(postern)]
    await approve(approved.userCode)
    later(599)
    expect(await codeOf(poll(postern, idle))).toBe('authorization_pending')
    later(2)
    expect(await codeOf(poll(postern, idle))).toBe('expired_token')
    expect(await codeOf(poll(postern, approved))).toBe('expired_token')
  })

  it('rejects codes of another client, unknown ones and malformed ones with the same error', async () => {
    const { deviceCode } = await startDevice(postern)
    const form = { grant_type: deviceCodeGrant, client_id: clientId }
    const rejected = [
      await postForm(postern.url, 'token', { ...form, device_code: deviceCode, client_id: 'another' }),
      await postForm(postern.url, 'token', { ...form, device_code: mintSecret('pstn', 'dvc').reveal() }),
      await postForm(postern.url, 'token', { ...form, device_code: mintSecret('pstn', 'pat').reveal() }),
      await postForm(postern.url, 'token', { ...form, device_code: `${deviceCode}x` }),
      await postForm(postern.url, 'token', { ...form, device_code: 'anything' }),
    ]
    for (const { status, body } of rejected) expect({ status, body }).toEqual({ status: 400, body: rejected[0]?.body })
    expect(rejected[0]?.body.error).toBe('invalid_grant')
  })

  it.each([
    ['invalid_request', 'without a grant_type', { client_id: clientId, device_code: 'x' }],
    ['invalid_request', 'without a device_code', { grant_type: deviceCodeGrant, client_id: clientId }],
    ['invalid_request', 'without a client_id', { grant_type: deviceCodeGrant, device_code: 'x' }],
    ['unsupported_grant_type', 'with a password', { grant_type: 'password', username: 'ada', password: 'x' }],
    ['unsupported_grant_type', 'to refresh', { grant_type: 'refresh_token', refresh_token: 'x' }],
  ])('returns %s %s', async (error, _, form) => {
    const { status, body } = await postForm(postern.url, 'token', form)
    expect([status, body.error]).toEqual([400, error])
  })

  it('does not accept a device code in place of a token', async () => {
    const { deviceCode } = await startDevice(postern)
    expect((await postern.client(deviceCode).send({ query: '{ viewer { user { id } } }' })).status).toBe(401)
    expect((await askForToken(postern.url, { login: { username: 'ada', password: deviceCode } })).status).toBe(401)
  })
})

it('prunes expired requests, with the sessions of devices that never came for their token', async () => {
  const person = await postern.signUp('dora')
  const [used, unused] = [await startDevice(postern, 'used'), await startDevice(postern, 'unused')]
  await approve(used.userCode, person)
  await approve(unused.userCode, person)
  expect((await poll(postern, used)).status).toBe(200)
  const now = Date.now()
  await pruneDeviceRequests(postern.em(), new Date(now + 3_600_000))
  const names = async () =>
    (await postern.em().find(Session, { deviceName: { $ne: null }, user: await userIdOf(person.client) }))
      .map(({ deviceName }) => deviceName)
      .toSorted()
  expect(await names()).toEqual(['unused', 'used'])
  await pruneDeviceRequests(postern.em(), new Date(now + 3_600_000 + 700_000))
  expect(await names()).toEqual(['used'])
  expect(await postern.em().count(DeviceRequest)).toBe(0)
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { Notice } from '../../src/domain/model/notice.ts'
import { LastUseRecorder } from '../../src/domain/usage/last-use-recorder.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, askForToken } from '../harness/token-endpoint.ts'

let postern: Postern
let owner: Client
let acmeId: string
let token: { readonly id: string; readonly secret: string }

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  owner = await postern.signInAsAdministrator()
  acmeId = await createOrganization(owner, 'acme', 'BUSINESS')
})
beforeEach(async () => {
  token = await generateToken(owner)
  await use('192.0.2.1', { minutes: -1 })
})
afterAll(() => postern.stop())

const start = Date.now()

/** Uses the token after so many minutes. Uses are written at once, as if each were at another instance. */
async function use(ipAddress: string, { minutes = 0, client = 'docker/29.1', tokenId = token.id } = {}) {
  const recorder = new LastUseRecorder(postern.em(), 1, (error) => {
    throw error
  })
  const at = new Date(start + minutes * 60_000)
  await recorder.record({ namespaceId: acmeId, tokenId, secretId: null, at, ipAddress, client, repository: null }, true)
  await recorder.flush()
}

async function announced(tokenId = token.id) {
  const notices = await postern.em().find(Notice, { tokenId, kind: 'TOKEN_USED_FROM_NEW_ADDRESS' })
  return notices.map(({ data }) => data.ipAddress)
}

const recorded = () => postern.em().count(ActivityEvent, { tokenId: token.id, action: 'access_token.new_address' })

describe('a notification of a new address', () => {
  it('is sent for an address, but not for the first one of a token', async () => {
    expect(await announced()).toEqual([])
    await use('198.51.100.7')
    expect(await announced()).toEqual(['198.51.100.7'])
    await use('198.51.100.7', { minutes: 90 })
    expect(await announced()).toHaveLength(1)
  })

  it('is sent at most once an hour for a token, while each address is an event', async () => {
    for (let runner = 1; runner <= 30; runner++) await use(`10.0.${runner}.1`, { minutes: runner * 2 })
    expect(await announced()).toEqual(['10.0.1.1'])
    expect(await recorded()).toBe(30)
    await use('10.1.0.1', { minutes: 2 + 60 })
    expect(await announced()).toEqual(['10.0.1.1', '10.1.0.1'])
  })

  it('is sent at most once an hour, if the addresses are used at the same moment at several instances', async () => {
    await Promise.all(['10.0.1.1', '10.0.2.1', '10.0.3.1'].map((address) => use(address)))
    expect(await announced()).toHaveLength(1)
  })

  it('is not sent for another address in the network of a known client', async () => {
    await use('192.0.2.77')
    expect(await announced()).toEqual([])
    expect(await recorded()).toBe(1)
  })

  it('is sent for another kind of client in a known network, and for a network nearby', async () => {
    await use('192.0.2.78', { client: 'curl/8.5' })
    expect(await announced()).toEqual(['192.0.2.78'])
    await use('192.0.3.1', { minutes: 61 })
    expect(await announced()).toEqual(['192.0.2.78', '192.0.3.1'])
  })

  it('is not sent for another version of a client', async () => {
    await use('192.0.2.79', { client: 'docker/30.0' })
    expect(await announced()).toEqual([])
  })

  it('takes an address whose client is unknown for that of every client', async () => {
    await postern.em().execute('update access_token_address set client = null where token_id = ?', [token.id])
    await use('192.0.2.80', { client: 'curl/8.5' })
    expect(await announced()).toEqual([])
  })

  it('is sent for each token', async () => {
    const other = await generateToken(owner)
    await use('192.0.2.1', { minutes: -1, tokenId: other.id })
    await use('198.51.100.7')
    await use('198.51.100.7', { tokenId: other.id })
    expect([...(await announced()), ...(await announced(other.id))]).toHaveLength(2)
  })

  it('is sent once for two logins from new networks', async () => {
    const { id, secret } = await generateToken(owner)
    for (const from of ['192.0.2.1', '198.51.100.7', '203.0.113.7'])
      await askForToken(postern.url, { login: acme(secret), headers: { 'x-forwarded-for': from } })
    await postern.restart()
    owner = postern.client(owner.token)
    expect(await announced(id)).toHaveLength(1)
  })
})

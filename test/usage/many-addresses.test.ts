import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { AccessTokenLastUse } from '../../src/domain/model/usage-tables.ts'
import { LastUseRecorder } from '../../src/domain/usage/last-use-recorder.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { askForToken } from '../harness/token-endpoint.ts'

const never = 3_600_000
let postern: Postern
let database: Database
let acme: string

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  const owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  database = await openDatabase(postern.config.databaseUrl ?? '')
})
afterAll(async () => {
  await database.close()
  await postern.stop()
})

/** Records uses of a new token from these addresses, a millisecond apart. Returns what is written of them. */
async function useFrom(addresses: readonly string[]) {
  const { id: tokenId } = await generateToken(await postern.signInAsAdministrator(), { label: addresses[0] ?? '' })
  const uses = new LastUseRecorder(database.em.fork(), never, (error) => expect.unreachable(String(error)))
  const start = Date.now()
  for (const [index, ipAddress] of addresses.entries()) {
    const at = new Date(start + index)
    await uses.record(
      { namespaceId: acme, tokenId, secretId: null, at, ipAddress, client: 'x', repository: null },
      true,
    )
  }
  await uses.flush()
  const networks = await postern
    .em()
    .execute<Array<{ network: string }>>('select network::text from access_token_address where token_id = ?', [tokenId])
  const last = await postern.em().findOneOrFail(AccessTokenLastUse, { token: tokenId })
  return { networks: networks.map(({ network }) => network), ipAddress: last.ipAddress, at: last.at.getTime() - start }
}

it('uses from many addresses of one network are written as one', async () => {
  const addresses = Array.from({ length: 3_000 }, (_, index) => `2001:db8:0:1:${index.toString(16)}::1`)
  expect(await useFrom(addresses)).toEqual({
    networks: ['2001:db8:0:1::/64'],
    ipAddress: expect.stringContaining('2001:db8:0:1:bb7::1'),
    at: 2_999,
  })
})

it('uses from many networks at once are some networks and the last use', async () => {
  const addresses = Array.from({ length: 3_000 }, (_, index) => `2001:db8:1:${index.toString(16)}::1`)
  const { networks, ipAddress, at } = await useFrom(addresses)
  expect(networks).toHaveLength(21)
  expect(networks).toContain('2001:db8:1:bb7::/64')
  expect({ ipAddress, at }).toEqual({ ipAddress: expect.stringContaining('2001:db8:1:bb7::1'), at: 2_999 })
})

it('one token with many networks leaves room for the uses of another', async () => {
  const [one, other] = await Promise.all([
    useFrom(Array.from({ length: 500 }, (_, index) => `2001:db8:2:${index.toString(16)}::1`)),
    useFrom(['198.51.100.7', '198.51.100.8']),
  ])
  expect(one.networks).toHaveLength(21)
  expect(other.networks.toSorted()).toEqual(['198.51.100.7/32', '198.51.100.8/32'])
})

it('a client is kept with 256 characters of what it sends', async () => {
  const { id, secret } = await generateToken(await postern.signInAsAdministrator(), { label: 'long' })
  const headers = { 'user-agent': 'x'.repeat(10_000), 'x-forwarded-for': '198.51.100.9' }
  expect((await askForToken(postern.url, { login: { username: 'acme', password: secret }, headers })).status).toBe(200)
  const row = await postern.em().findOneOrFail(AccessTokenLastUse, { token: id })
  expect(row.client).toBe('x'.repeat(256))
})

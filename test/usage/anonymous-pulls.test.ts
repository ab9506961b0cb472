import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, anotherClient, askForToken, grantsIn } from '../harness/token-endpoint.ts'

const windowEnd = Date.UTC(2030, 4, 6, 12)
const now = Date.UTC(2030, 4, 6, 7, 8, 9, 500)
const limit = 6

let postern: Postern
let second: Awaited<ReturnType<Postern['startSecondInstance']>>
let secret: string

beforeAll(async () => {
  vi.setSystemTime(now)
  postern = await startPostern({ anonymousPulls: limit, trustProxy: ['127.0.0.1'] })
  second = await postern.startSecondInstance()
  const owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  for (const [name, visibility] of [
    ['site', 'PUBLIC'],
    ['docs', 'PUBLIC'],
    ['app', 'PRIVATE'],
  ] as const)
    await createRepository(owner, `acme/${name}`, visibility)
  secret = (await generateToken(owner)).secret
})
beforeEach(() => {
  vi.setSystemTime(now)
})
afterAll(async () => {
  vi.useRealTimers()
  await second.stop()
  await postern.stop()
})

const site = 'repository:acme/site:pull'
const docs = 'repository:acme/docs:pull'
const from = (address: string, scopes = [site], url = postern.url) =>
  askForToken(url, { scopes, headers: { 'x-forwarded-for': address, ...anotherClient() } })

async function useUp(address: string): Promise<void> {
  for (let pulls = 0; pulls < limit; pulls++) expect((await from(address)).status).toBe(200)
  expect((await from(address)).status).toBe(429)
}

describe('the pulls of anonymous clients', () => {
  it('the pulls of anonymous clients are limited per IPv4 address', async () => {
    await useUp('192.0.2.1')
    expect((await from('192.0.2.2')).status).toBe(200)
  })

  it('the pulls of anonymous clients are limited per 64 bits of IPv6', async () => {
    await useUp('2001:db8:0:1::1')
    expect((await from('2001:db8:0:1:ffff:1:2:3')).status).toBe(429)
    expect((await from('2001:db8:0:2::1')).status).toBe(200)
  })

  it('the pulls of anonymous clients count for the IPv4 address that an IPv6 address contains', async () => {
    await useUp('::ffff:192.0.2.3')
    expect((await from('192.0.2.3')).status).toBe(429)
    expect((await from('::ffff:192.0.2.4')).status).toBe(200)
  })

  it('the pulls of anonymous clients have a common limit if no address is known', async () => {
    await useUp('unknown')
    expect((await from('nonsense')).status).toBe(429)
    expect((await from('192.0.2.5')).status).toBe(200)
  })

  it('the pulls of anonymous clients count per repository, and only if they are granted', async () => {
    const [address, other] = ['192.0.2.6', '192.0.2.7']
    for (let asked = 0; asked < limit; asked++) {
      expect(grantsIn(await from(address, ['repository:acme/app:pull']))).toEqual({})
      expect(grantsIn(await from(address, []))).toEqual({})
    }
    for (let pulls = 0; pulls < limit; pulls += 2) expect((await from(address, [site, docs])).status).toBe(200)
    expect((await from(address)).status).toBe(429)
    await from(other)
    for (let pulls = 1; pulls + 2 <= limit; pulls += 2) await from(other, [site, docs])
    // There is room for one more, not for two, so neither is counted.
    expect((await from(other, [site, docs])).status).toBe(429)
    expect((await from(other)).status).toBe(200)
  })

  it('the pulls of anonymous clients are counted exactly, with fifty at once on two servers', async () => {
    const urls = [postern.url, second.url]
    const responses = await Promise.all(
      Array.from({ length: 50 }, (_, index) => from('198.51.100.1', [site], urls[index % 2])),
    )
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(limit)
    expect(statuses.filter((status) => status === 429)).toHaveLength(50 - limit)
  })

  it('begin again with the next window', async () => {
    await useUp('192.0.2.8')
    vi.setSystemTime(windowEnd - 1)
    expect((await from('192.0.2.8')).status).toBe(429)
    vi.setSystemTime(windowEnd)
    await useUp('192.0.2.8')
  })

  it('anonymous pulls do not affect clients that log in at the same address, also when they are used up', async () => {
    await useUp('192.0.2.9')
    const headers = { 'x-forwarded-for': '192.0.2.9' }
    for (let pulls = 0; pulls <= limit; pulls++)
      expect((await askForToken(postern.url, { login: acme(secret), scopes: [site], headers })).status).toBe(200)
    expect(grantsIn(await askForToken(postern.url, { headers }))).toEqual({})
  })
})

it('pulls beyond the limit get 429 with the limit, the end of the window, and what else to do', async () => {
  await useUp('192.0.2.10')
  const { status, headers, body } = await from('192.0.2.10')
  expect(status).toBe(429)
  expect(body).toEqual({ errors: [{ code: 'TOOMANYREQUESTS', message: expect.any(String) }] })
  expect(body.errors?.[0]?.message).toMatch(/\b6 pulls\b.*2030-05-06T12:00:00\.000Z.*log in/)
  expect(headers.get('retry-after')).toBe(String(4 * 3600 + 51 * 60 + 51))
})

it('pulls are not counted if they are unlimited', async () => {
  const open = await startPostern({ anonymousPulls: null })
  try {
    await createRepository(await open.signInAsAdministrator(), 'admin/site', 'PUBLIC')
    const scopes = ['repository:admin/site:pull']
    expect(grantsIn(await askForToken(open.url, { scopes }))).toEqual({ 'admin/site': ['pull'] })
    expect(await open.em().execute('select from anonymous_usage_window')).toEqual([])
  } finally {
    await open.stop()
  }
})

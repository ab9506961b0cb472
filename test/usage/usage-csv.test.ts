import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertUsage, type UsageEntry } from '../../src/domain/usage/usage-day-store.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, userIdOf } from '../token/arrange.ts'

let postern: Postern
let owner: Client
let organizationId: string
let grace: Person
let reader: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  organizationId = await createOrganization(owner, 'acme')
  grace = await postern.signUp('grace')
  await addMember(postern.em(), organizationId, 'grace', 'MEMBER')
  const userId = await userIdOf(postern.em(), 'grace')
  const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: ['REPORT_READ' as const] }]
  reader = (await generateToken(owner, { scopes })).secret
  await insertUsage(postern.em(), [
    entry('2026-11-02T00:00:00Z', { pulls: 3, pushes: 1 }),
    entry('2026-11-01T00:00:00Z', { tokenId: 'tok_b', tokenLabel: '=cmd|"x"', pulls: 2 }),
    entry('2026-11-01T00:00:00Z', { tokenId: null, tokenLabel: null, userId, ipAddress: null, pulls: 1 }),
    entry('2026-11-03T00:00:00Z', { tokenId: 'tok_mine', tokenLabel: 'laptop', userId, pulls: 5 }),
  ])
})
afterAll(() => postern.stop())

function entry(at: string, rest: Partial<UsageEntry>): UsageEntry {
  return {
    namespaceId: organizationId,
    at: new Date(at),
    repository: 'acme/api',
    tokenId: 'tok_a',
    tokenLabel: 'ci',
    userId: null,
    ipAddress: '192.0.2.1',
    pulls: 0,
    pushes: 0,
    ...rest,
  }
}

interface Asked {
  readonly name?: string
  readonly from?: string
  readonly to?: string
  readonly groupBy?: readonly string[]
  readonly bearer?: string | undefined
  readonly bom?: string
}

async function ask({ bearer = owner.token, bom, ...asked }: Asked = {}): Promise<Response> {
  const { name = 'acme', from = '2026-11-01T00:00:00Z', to = '2026-12-01T00:00:00Z', groupBy = ['DAY'] } = asked
  const query = new URLSearchParams({ from, to })
  if (bom !== undefined) query.append('bom', bom)
  for (const dimension of groupBy) query.append('groupBy', dimension)
  const headers = bearer === undefined || bearer === '' ? {} : { authorization: `Bearer ${bearer}` }
  return fetch(`${postern.url}/organizations/${name}/usage.csv?${query}`, { headers })
}

const all = ['IP_ADDRESS', 'REPOSITORY', 'USER', 'TOKEN', 'DAY']

describe('a usage report as CSV', () => {
  it('begins with a byte order mark for Excel, and only for it', async () => {
    const [plain, marked] = [await ask(), await ask({ bom: '1' })]
    const bytes = Buffer.from(await plain.arrayBuffer())
    expect(bytes.subarray(0, 4).toString()).toBe('day,')
    expect(Buffer.from(await marked.arrayBuffer())).toEqual(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]))
    expect((await ask({ bom: 'true' })).status).toBe(400)
  })

  it('a usage report as CSV has a row for each combination, in order, without formulas', async () => {
    const response = await ask({ groupBy: all })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/)
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="acme-usage-2026-11-01-2026-11-30.csv"',
    )
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect((await response.text()).split('\r\n')).toEqual([
      'day,tokenId,tokenLabel,user,repository,ipAddress,pulls,pushes',
      '2026-11-01,,,grace,acme/api,,1,0',
      `2026-11-01,tok_b,"'=cmd|""x""",,acme/api,192.0.2.1,2,0`,
      '2026-11-02,tok_a,ci,,acme/api,192.0.2.1,3,1',
      // The report says whose token it is, but not which one.
      '2026-11-03,,laptop,grace,acme/api,192.0.2.1,5,0',
      '',
    ])
  })

  it('leaves columns empty that it does not group by, and has only a header without rows', async () => {
    expect(await (await ask({ groupBy: ['REPOSITORY'] })).text()).toBe(
      'day,tokenId,tokenLabel,user,repository,ipAddress,pulls,pushes\r\n,,,,acme/api,,11,1\r\n',
    )
    const empty = await ask({ from: '2025-01-01T00:00:00Z', to: '2025-02-01T00:00:00Z' })
    expect(await empty.text()).toBe('day,tokenId,tokenLabel,user,repository,ipAddress,pulls,pushes\r\n')
  })

  it('contains every row once, also more than a GraphQL response can', async () => {
    await postern.em().execute(
      `insert into usage_day (namespace_id, day, repository, token_id, ip_address, pulls, pushes)
       select ?, '2025-05-01'::date + n % 3, 'acme/r' || n % 5000, nullif('tok_' || n % 7, 'tok_0'),
         case when n % 11 > 0 then '10.0.0.0'::inet + n end, 1, 0 from generate_series(1, 25000) n`,
      [organizationId],
    )
    for (const [groupBy, count] of [
      [all, 25_000],
      // Each has its own address, and those without one are summed up for each of seven tokens.
      [['TOKEN', 'IP_ADDRESS'], 25_000 - Math.floor(25_000 / 11) + 7],
    ] as const) {
      const response = await ask({ from: '2025-05-01T00:00:00Z', to: '2025-05-04T00:00:00Z', groupBy })
      const rows = (await response.text()).trimEnd().split('\r\n').slice(1)
      const keys = rows.map((row) => row.replace(/,\d+,\d+$/, ''))
      expect(new Set(keys).size).toBe(rows.length)
      expect(rows.reduce((sum, row) => sum + Number(row.split(',').at(-2)), 0)).toBe(25_000)
      expect(rows).toHaveLength(count)
    }
  })
})

it('a report can be requested by a page of another origin', async () => {
  const url = `${postern.url}/organizations/acme/usage.csv`
  const asking = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }
  const before = await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://frontend.example', ...asking } })
  expect(before.status).toBe(204)
  expect(before.headers.get('access-control-allow-headers')).toBe('authorization')
  for (const response of [before, await ask(), await ask({ bearer: '' })])
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
})

describe('access to usage reports', () => {
  it('access to usage reports is allowed to owners, and to tokens with REPORT_READ', async () => {
    for (const bearer of [owner.token, reader]) expect((await ask({ bearer })).status).toBe(200)
  })

  it('access to usage reports is denied to members and other tokens, and NOT_FOUND for strangers', async () => {
    const other = await generateToken(owner)
    const eve = await postern.signUp('eve')
    const statuses = async (bearer: string) => [
      (await ask({ bearer })).status,
      (await ask({ bearer, name: 'nobody' })).status,
    ]
    expect(await statuses(grace.sessionToken)).toEqual([403, 404])
    expect(await statuses(other.secret)).toEqual([403, 404])
    expect(await statuses(eve.sessionToken)).toEqual([404, 404])
    expect(await statuses('')).toEqual([401, 401])
    expect(await statuses('pstn_ses_nonsense')).toEqual([401, 401])
    const [foreign, missing] = await Promise.all(
      ['acme', 'nobody'].map(async (name) => (await ask({ bearer: eve.sessionToken, name })).text()),
    )
    expect(foreign).toBe(missing)
  })

  it.each<[string, Asked]>([
    ['no time', { from: '' }],
    ['a time in another format', { to: 'tomorrow' }],
    ['an end before its beginning', { to: '2026-10-01T00:00:00Z' }],
    ['too many days', { to: '2028-10-01T00:00:00Z' }],
    ['no dimension', { groupBy: [] }],
    ['an unknown dimension', { groupBy: ['DAY', 'PLANET'] }],
    ['a repeated dimension', { groupBy: ['DAY', 'DAY'] }],
  ])('a report is invalid with %s', async (_, asked) => {
    const response = await ask(asked)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.stringMatching(/\.$/) })
  })
})

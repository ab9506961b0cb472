import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UsageReportDocument, type UsageReportQueryVariables } from '../../schema/typed-documents.ts'
import { insertUsage, type UsageEntry } from '../../src/domain/usage/usage-day-store.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonal } from '../harness/personal-token.ts'
import { createOrganization, generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { addMember, userIdOf } from '../token/arrange.ts'

let postern: Postern
let owner: Client
let grace: Person
let organizationId: string
let graceId: string
let ci: string
let personal: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  organizationId = await createOrganization(owner, 'acme')
  const globex = await createOrganization(owner, 'globex')
  grace = await postern.signUp('grace')
  await addMember(postern.em(), organizationId, 'grace', 'MEMBER')
  graceId = await userIdOf(postern.em(), 'grace')
  ci = (await generateToken(owner)).id
  personal = (await generatePersonal(grace.client)).id
  await insertUsage(postern.em(), [
    entry('2026-11-01T00:00:00Z', { pulls: 2, tokenLabel: 'old name' }),
    entry('2026-11-01T23:59:59.999Z', { pulls: 3, repository: 'acme/web', ipAddress: '2001:db8::1' }),
    entry('2026-11-02T12:00:00Z', { pulls: 4, pushes: 1, tokenLabel: 'ci' }),
    entry('2026-11-02T12:00:00Z', { pulls: 7, tokenId: 'tok_gone', tokenLabel: 'gone' }),
    entry('2026-11-03T00:00:00Z', { pulls: 1, tokenId: personal, tokenLabel: 'laptop', userId: graceId }),
    entry('2026-11-03T00:00:00Z', { pulls: 1, tokenId: null, tokenLabel: null, userId: graceId, ipAddress: null }),
    entry('2026-11-03T00:00:00Z', { pulls: 5, tokenId: null, tokenLabel: null }),
    entry('2026-11-03T00:00:00Z', { pulls: 100, namespaceId: globex, repository: 'globex/api' }),
  ])
})
afterAll(() => postern.stop())

function entry(at: string, rest: Partial<UsageEntry>): UsageEntry {
  return {
    namespaceId: organizationId,
    at: new Date(at),
    repository: 'acme/api',
    tokenId: ci,
    tokenLabel: 'ci',
    userId: null,
    ipAddress: '192.0.2.1',
    pulls: 0,
    pushes: 0,
    ...rest,
  }
}

type Asked = Partial<UsageReportQueryVariables>
const november = { organization: 'acme', from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' }
const nothing = {
  day: null,
  month: null,
  accessToken: null,
  tokenLabel: null,
  user: null,
  repository: null,
  ipAddress: null,
}

async function report(groupBy: UsageReportQueryVariables['groupBy'], rest: Asked = {}, client = owner) {
  const { organization } = await client.execute(UsageReportDocument, { ...november, groupBy, ...rest })
  return organization?.usageReport
}

describe('a usage report', () => {
  it('sums up days, from the first to the last', async () => {
    const on = (day: string) => ({ ...nothing, day: `${day}T00:00:00.000Z` })
    expect(await report(['DAY'])).toEqual([
      { ...on('2026-11-01'), pulls: 5, pushes: 0 },
      { ...on('2026-11-02'), pulls: 11, pushes: 1 },
      { ...on('2026-11-03'), pulls: 7, pushes: 0 },
    ])
  })

  it('sums up tokens, the most pulls first, including deleted ones with their last label', async () => {
    expect(await report(['TOKEN'])).toEqual([
      { ...nothing, accessToken: { id: ci, label: 'ci' }, tokenLabel: 'ci', pulls: 9, pushes: 1 },
      { ...nothing, tokenLabel: 'gone', pulls: 7, pushes: 0 },
      { ...nothing, pulls: 6, pushes: 0 },
      // The personal token of another person is not visible.
      { ...nothing, tokenLabel: 'laptop', pulls: 1, pushes: 0 },
    ])
  })

  it('sums up people, repositories and addresses', async () => {
    expect(await report(['USER'])).toEqual([
      { ...nothing, pulls: 21, pushes: 1 },
      { ...nothing, user: { username: 'grace', displayName: 'grace' }, pulls: 2, pushes: 0 },
    ])
    expect(await report(['REPOSITORY'])).toEqual([
      { ...nothing, repository: 'acme/api', pulls: 20, pushes: 1 },
      { ...nothing, repository: 'acme/web', pulls: 3, pushes: 0 },
    ])
    expect(await report(['IP_ADDRESS'])).toEqual([
      { ...nothing, ipAddress: '192.0.2.1', pulls: 19, pushes: 1 },
      { ...nothing, ipAddress: '2001:db8::1', pulls: 3, pushes: 0 },
      { ...nothing, pulls: 1, pushes: 0 },
    ])
  })

  it('groups by all requested dimensions, in one order whatever their order', async () => {
    const rows = await report(['REPOSITORY', 'DAY'])
    expect(rows?.map(({ day, repository, pulls }) => [day?.slice(0, 10), repository, pulls])).toEqual([
      ['2026-11-01', 'acme/web', 3],
      ['2026-11-01', 'acme/api', 2],
      ['2026-11-02', 'acme/api', 11],
      ['2026-11-03', 'acme/api', 7],
    ])
    expect(await report(['DAY', 'REPOSITORY'])).toEqual(rows)
    const all = await report(['DAY', 'TOKEN', 'USER', 'REPOSITORY', 'IP_ADDRESS'])
    expect(all).toHaveLength(7)
    expect(all?.reduce((sum, { pulls }) => sum + pulls, 0)).toBe(23)
  })

  it.each([
    ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z', 5],
    ['2026-11-01T23:59:59.999Z', '2026-11-02T00:00:00Z', 5],
    ['2026-11-01T23:59:59.999Z', '2026-11-02T00:00:00.001Z', 16],
    ['2026-11-02T01:00:00+02:00', '2026-11-02T01:30:00+02:00', 5],
    ['2026-11-02T00:00:00Z', '2027-11-03T00:00:00Z', 18],
  ])('includes the days that overlap %s to %s', async (from, to, pulls) => {
    const rows = await report(['REPOSITORY'], { from, to })
    expect(rows?.reduce((sum, row) => sum + row.pulls, 0)).toBe(pulls)
  })

  it('a usage report is empty without pulls and pushes', async () => {
    expect(await report(['DAY'], { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' })).toEqual([])
  })

  it.each<[string, Asked, RegExp]>([
    ['an empty range', { to: november.from }, /after `from`/],
    ['an end before its beginning', { from: november.to, to: november.from }, /after `from`/],
    ['more than 366 days', { to: '2027-11-02T00:00:00.001Z' }, /366 days/],
    ['of nothing', { groupBy: [] }, /at least one/],
    ['a repeated dimension', { groupBy: ['DAY', 'TOKEN', 'DAY'] }, /once/],
  ])('a usage report is invalid with %s', async (_, rest, message) => {
    const { query, variables } = { query: reportQuery, variables: { ...november, groupBy: ['DAY'], ...rest } }
    const { body } = await owner.send({ query, variables })
    expect(body.errors).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(message),
        extensions: { code: 'BAD_USER_INPUT' },
      }),
    ])
  })

  it('a usage report is invalid with more than 10,000 rows, and says what else to request', async () => {
    const many = (to: number) =>
      postern.em().execute(
        `insert into usage_day (namespace_id, day, repository, pulls, pushes)
         select ?, '2025-05-05', 'acme/r' || n, 1, 0 from generate_series(1, ?) n on conflict do nothing`,
        [organizationId, to],
      )
    await many(10_000)
    const may = { from: '2025-05-01T00:00:00Z', to: '2025-06-01T00:00:00Z' }
    expect(await report(['REPOSITORY'], may)).toHaveLength(10_000)
    await many(10_001)
    const { body } = await owner.send({
      query: reportQuery,
      variables: { ...november, ...may, groupBy: ['REPOSITORY'] },
    })
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringMatching(/10,000 rows.*CSV/),
      extensions: { code: 'BAD_USER_INPUT' },
    })
    expect(await report(['DAY'], may)).toHaveLength(1)
  })

  it('takes as many statements for many tokens and people as for few', async () => {
    const statements = (groupBy: UsageReportQueryVariables['groupBy'], to: string) =>
      statementsOf(() => report(groupBy, { to }))
    const one = await statements(['TOKEN', 'USER'], '2026-11-02T00:00:00Z')
    const all = await statements(['TOKEN', 'USER'], '2026-12-01T00:00:00Z')
    // The caller with their organizations, the report in a transaction with a plan for its days, and all of its tokens
    // and of its people together.
    expect(one).toHaveLength(6)
    expect(all).toHaveLength(7)
  })
})

const reportQuery = `query ($organization: String!, $from: DateTime!, $to: DateTime!, $groupBy: [UsageDimension!]!) {
  organization(name: $organization) { usageReport(from: $from, to: $to, groupBy: $groupBy) { pulls } }
}`

describe('access to usage reports', () => {
  it('access to usage reports is allowed to tokens with REPORT_READ, which see labels but no tokens', async () => {
    const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: ['REPORT_READ' as const] }]
    const { secret } = await generateToken(owner, { scopes })
    const rows = await report(['TOKEN'], {}, postern.client(secret))
    expect(rows?.map(({ accessToken, tokenLabel, pulls }) => [accessToken, tokenLabel, pulls])).toEqual([
      [null, 'ci', 9],
      [null, 'gone', 7],
      [null, null, 6],
      [null, 'laptop', 1],
    ])
  })

  it('access to usage reports is denied to members, other tokens, and callers from elsewhere', async () => {
    const ask = async (client: Client) =>
      (await client.send({ query: reportQuery, variables: { ...november, groupBy: ['DAY'] } })).body
    const other = await generateToken(owner)
    for (const client of [grace.client, postern.client(other.secret)])
      expect(await ask(client)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
    const stranger = await postern.signUp('eve')
    expect(await ask(stranger.client)).toEqual({ data: { organization: null } })
  })
})

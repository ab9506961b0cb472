import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  UsageReportDocument,
  type UsageReportQueryVariables,
  UsageTotalsDocument,
} from '../../schema/typed-documents.ts'
import { insertUsage } from '../../src/domain/usage/usage-day-store.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  const namespaceId = await createOrganization(owner, 'acme')
  const by = { namespaceId, tokenId: null, tokenLabel: null, userId: null, ipAddress: null }
  const used = (day: string, repository: string, pulls: number, pushes = 0) => ({
    ...by,
    at: new Date(`${day}T12:00:00Z`),
    repository: `acme/${repository}`,
    pulls,
    pushes,
  })
  await insertUsage(postern.em(), [
    used('2026-09-30', 'api', 100),
    used('2026-10-02', 'api', 1),
    used('2026-10-02', 'web', 2, 1),
    used('2026-12-01', 'api', 4),
    used('2026-12-31', 'web', 8),
  ])
})
afterAll(() => postern.stop())

const quarter = { organization: 'acme', from: '2026-10-01T00:00:00Z', to: '2027-01-01T00:00:00Z' }

async function report(asked: Partial<UsageReportQueryVariables>, client = owner) {
  const variables = { ...quarter, groupBy: ['DAY' as const], ...asked }
  return (await client.execute(UsageReportDocument, variables)).organization?.usageReport
}

describe('a usage report by month', () => {
  it('sums up the days of each month, with the start of the month', async () => {
    const rows = await report({ groupBy: ['MONTH'] })
    expect(rows?.map(({ day, month, pulls, pushes }) => [day, month, pulls, pushes])).toEqual([
      [null, '2026-10-01T00:00:00.000Z', 3, 1],
      [null, '2026-12-01T00:00:00.000Z', 12, 0],
    ])
  })

  it('has the most pulls of each month first, if it also has another dimension', async () => {
    const rows = await report({ groupBy: ['REPOSITORY', 'MONTH'] })
    expect(rows?.map(({ month, repository, pulls }) => [month?.slice(0, 7), repository, pulls])).toEqual([
      ['2026-10', 'acme/web', 2],
      ['2026-10', 'acme/api', 1],
      ['2026-12', 'acme/web', 8],
      ['2026-12', 'acme/api', 4],
    ])
  })

  it('is the same whatever the time zone of the database', async () => {
    const database = postern.config.databaseUrl ?? ''
    const name = new URL(database).pathname.slice(1)
    await postern.em().execute(`alter database "${name}" set timezone = 'Pacific/Auckland'`)
    const second = await postern.startSecondInstance()
    const rows = await report({ groupBy: ['MONTH'] }, second.client(owner.token))
    await second.stop()
    await postern.em().execute(`alter database "${name}" reset timezone`)
    expect(rows?.map(({ month }) => month)).toEqual(['2026-10-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'])
  })

  it('as CSV, it has a column for the month', async () => {
    const query = `from=${quarter.from}&to=${quarter.to}&groupBy=MONTH`
    const headers = { authorization: `Bearer ${owner.token}` }
    const response = await fetch(`${postern.url}/organizations/acme/usage.csv?${query}`, { headers })
    const [header, ...lines] = (await response.text()).trim().split('\r\n')
    expect(header?.split(',').at(-1)).toBe('month')
    // The export ends with the day of the request.
    expect(lines.filter((line) => line.endsWith(',3,1,2026-10'))).toHaveLength(1)
  })
})

describe('a filled usage report', () => {
  it('has a row for each day, in order, with 0 where nothing happened', async () => {
    const rows = await report({ from: '2026-09-30T00:00:00Z', to: '2026-10-04T00:00:00Z', fillEmpty: true })
    expect(rows?.map(({ day, pulls, pushes }) => [day, pulls, pushes])).toEqual([
      ['2026-09-30T00:00:00.000Z', 100, 0],
      ['2026-10-01T00:00:00.000Z', 0, 0],
      ['2026-10-02T00:00:00.000Z', 3, 1],
      ['2026-10-03T00:00:00.000Z', 0, 0],
    ])
  })

  it('has one row for an empty day, and all rows of the others, if it has more dimensions', async () => {
    const groupBy = ['DAY' as const, 'REPOSITORY' as const]
    const rows = await report({ from: '2026-10-01T00:00:00Z', to: '2026-10-03T00:00:00Z', groupBy, fillEmpty: true })
    expect(rows?.map(({ day, repository, pulls }) => [day?.slice(0, 10), repository, pulls])).toEqual([
      ['2026-10-01', null, 0],
      ['2026-10-02', 'acme/web', 2],
      ['2026-10-02', 'acme/api', 1],
    ])
  })

  it('has a row for each month, also for those that the period contains in part', async () => {
    const period = { from: '2026-08-31T23:00:00Z', to: '2026-12-01T00:00:00.001Z' }
    const rows = await report({ ...period, groupBy: ['MONTH'], fillEmpty: true })
    expect(rows?.map(({ month, pulls }) => [month?.slice(0, 7), pulls])).toEqual([
      ['2026-08', 0],
      ['2026-09', 100],
      ['2026-10', 3],
      ['2026-11', 0],
      ['2026-12', 4],
    ])
  })

  it('has no more than the 366 days of a report, and no other rows without fillEmpty', async () => {
    const year = { from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' }
    expect(await report({ ...year, fillEmpty: true })).toHaveLength(365)
    expect(await report(year)).toHaveLength(4)
  })

  it('is invalid without days and months', async () => {
    const variables = { ...quarter, groupBy: ['TOKEN' as const], fillEmpty: true }
    expect(await owner.codesOf(UsageReportDocument, variables)).toEqual(['BAD_USER_INPUT'])
  })
})

describe('usage totals', () => {
  const totals = async (from: string, to: string) =>
    (await owner.execute(UsageTotalsDocument, { organization: 'acme', from, to })).organization?.usageTotals

  it('are the sums of the days of the period, and 0 without any', async () => {
    expect(await totals(quarter.from, quarter.to)).toEqual({ pulls: 15, pushes: 1 })
    expect(await totals('2026-10-03T00:00:00Z', '2026-12-01T00:00:00Z')).toEqual({ pulls: 0, pushes: 0 })
  })

  it('are invalid for the periods for which reports are', async () => {
    for (const to of [quarter.from, '2027-10-02T00:00:00.001Z'])
      expect(await owner.codesOf(UsageTotalsDocument, { ...quarter, to })).toEqual(['BAD_USER_INPUT'])
  })
})

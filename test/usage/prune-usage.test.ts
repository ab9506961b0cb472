import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureUsagePartitions } from '../../src/domain/usage/ensure-usage-partitions.ts'
import { insertUsage, insertUsagePartition, lockUsagePartitions } from '../../src/domain/usage/usage-day-store.ts'
import { pruneUsageWindows } from '../../src/domain/usage/usage-window-store.ts'
import { waitsForLock } from '../harness/database.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

const now = new Date('2030-05-06T07:08:09Z')

let postern: Postern
let namespaceId: string

beforeAll(async () => {
  postern = await startPostern()
  namespaceId = await createOrganization(await postern.signInAsAdministrator(), 'acme')
})
afterAll(() => postern.stop())

describe('old usage windows', () => {
  it('old usage windows are deleted after 35 days, those of addresses with the window after theirs', async () => {
    const em = postern.em()
    await em.execute(
      `insert into usage_window (namespace_id, subject_id, starts_at, pulls)
       select ?, 'tok_' || n, ?::timestamptz - n * interval '6 hours', 1 from generate_series(0, 399) n`,
      [namespaceId, '2030-05-06T06:00:00Z'],
    )
    await em.execute(
      `insert into anonymous_usage_window (starts_at, network, pulls)
       select ?::timestamptz - n * interval '6 hours', '192.0.2.1', 1 from generate_series(0, 9) n`,
      ['2030-05-06T06:00:00Z'],
    )
    await Promise.all(Array.from({ length: 3 }, () => pruneUsageWindows(postern.em(), now)))
    await pruneUsageWindows(postern.em(), now)
    const oldest = await em.execute(
      'select count(*)::int as count, min(starts_at)::text as oldest from usage_window union all select count(*)::int, min(starts_at)::text from anonymous_usage_window',
    )
    expect(oldest).toEqual([
      { count: 140, oldest: '2030-04-01 12:00:00+00' },
      { count: 2, oldest: '2030-05-06 00:00:00+00' },
    ])
  })
})

describe('the monthly partitions of usage', () => {
  const partitions = async () => {
    const rows = await postern.em().execute(
      `select inhrelid::regclass::text as name, (select count(*)::int from usage_day d where d.tableoid = inhrelid) as rows
       from pg_inherits where inhparent = 'usage_day'::regclass and inhrelid::regclass::text ~ '_(2029|203.|rest)' order by name`,
    )
    return Object.fromEntries(rows.map(({ name, rows }) => [name, rows]))
  }
  const record = (day: string) =>
    insertUsage(postern.em(), [
      {
        namespaceId,
        at: new Date(day),
        repository: 'acme/api',
        tokenId: null,
        tokenLabel: null,
        userId: null,
        ipAddress: null,
        pulls: 1,
        pushes: 0,
      },
    ])

  it('are created in advance, take over earlier rows, and are created once by many servers', async () => {
    for (const day of ['2029-12-01', '2029-12-31', '2030-02-28', '2030-03-01']) await record(day)
    expect(await partitions()).toEqual({ usage_day_rest: 4 })
    const december = new Date('2029-12-31T23:59:59Z')
    await Promise.all(Array.from({ length: 4 }, () => ensureUsagePartitions(postern.em(), december)))
    expect(await partitions()).toEqual({
      usage_day_2029_12: 2,
      usage_day_2030_01: 0,
      usage_day_2030_02: 1,
      usage_day_rest: 1,
    })
    await record('2029-12-31')
    await record('2030-01-31')
    await ensureUsagePartitions(postern.em(), new Date('2030-01-01'))
    expect(await partitions()).toEqual({
      usage_day_2029_12: 2,
      usage_day_2030_01: 1,
      usage_day_2030_02: 1,
      usage_day_2030_03: 1,
      usage_day_rest: 0,
    })
  })

  it('usage that is recorded while its month gets a partition is stored in that partition', async () => {
    const month = { name: 'usage_day_2030_06', first: '2030-06-01', next: '2030-07-01' }
    let recording: Promise<void> | undefined
    await postern.em().transactional(async (em) => {
      await lockUsagePartitions(em)
      recording = record('2030-06-06')
      await waitsForLock(postern.config.databaseUrl ?? '')
      await insertUsagePartition(em, month)
    })
    await recording
    expect(await partitions()).toMatchObject({ usage_day_2030_06: 1 })
  })

  it('the monthly partitions of usage are postponed while a namespace is deleted, which succeeds', async () => {
    const april = new Date('2030-02-01')
    await postern.em().transactional(async (em) => {
      await em.execute("delete from namespace where name = 'nobody'")
      const adding = ensureUsagePartitions(postern.em(), april)
      await waitsForLock(postern.config.databaseUrl ?? '')
      await em.execute('delete from usage_day')
      await adding
    })
    expect(await partitions()).not.toHaveProperty('usage_day_2030_04')
    await ensureUsagePartitions(postern.em(), april)
    expect(await partitions()).toMatchObject({ usage_day_2030_04: 0 })
  })

  it('partitions lose the rows of a deleted namespace', async () => {
    await postern.em().execute('delete from namespace where id = ?', [namespaceId])
    expect(await postern.em().execute('select from usage_day')).toEqual([])
  })
})

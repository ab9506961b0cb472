import { globSync } from 'node:fs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { migrateDatabase, revertMigrations } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import type { Finding } from '../../src/domain/activity/follow-chain.ts'
import { verifyActivity } from '../../src/domain/activity/verify-activity.ts'
import { leastIdAt, newId } from '../../src/domain/shared/id.ts'
import { createTestDatabase, execute, type TestDatabase } from '../harness/database.ts'
import { patience } from '../harness/patience.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const columns = `namespace_id, id, at, action, actor_kind, actor_id, actor_name, token_id, token_label, target,
  host(ip_address) as ip, user_agent, request_id, data`
const contents = () => execute(database.url, `select ${columns} from activity_event order by id`)
const monthsAgo = (months: number) => new Date(Date.now() - months * 30.44 * 86_400_000)

async function verify() {
  const found: Finding[] = []
  // Closed again, because migrations are not reverted while an instance is connected.
  const orm = await openDatabase(database.url)
  try {
    return { ...(await verifyActivity(orm.em.fork(), { onFinding: (finding) => found.push(finding) })), found }
  } finally {
    await orm.close()
  }
}

it('events from before the chains are kept, chained, and in the partition of their month', async () => {
  const newer = globSync('migrations/*.ts').filter((file) => !/[/\\]000\d-/.test(file)).length
  await revertMigrations(database.url, newer)
  await execute(
    database.url,
    `insert into namespace values ('org_1', 'acme', 'ORGANIZATION'), ('usr_1', 'admin', 'USER'), ('usr_2', 'idle', 'USER')`,
  )
  const times = [0, 0.01, 1, 2, 2, 5, 40, 400].map(monthsAgo)
  for (const [index, at] of times.entries())
    for (const namespace of ['org_1', 'usr_1'])
      await execute(
        database.url,
        `insert into activity_event values ('${namespace}', '${newId('evt', at)}', '${at.toISOString()}', 'member.invite',
           'USER', 'usr_1', 'admin', null, null, 'person ${index}', '203.0.113.7', 'curl/8', null, '{"b": "1", "a": "2"}')`,
      )
  const before = await contents()
  await migrateDatabase(database.url)
  expect(await contents()).toEqual(before)
  expect(await verify()).toEqual({ events: 16, chains: 2, found: [] })
  const order = await execute(database.url, 'select id from activity_event order by namespace_id, position, id')
  expect(order).toEqual(await execute(database.url, 'select id from activity_event order by namespace_id, id'))

  const places = await execute(
    database.url,
    `select tableoid::regclass::text as name, array_agg(id order by id) as ids from activity_event group by 1`,
  )
  const named = new Map(places.map(({ name, ids }) => [String(name), Array.isArray(ids) ? ids.map(String) : []]))
  expect(named.get('activity_event_before')).toHaveLength(4)
  expect(named.get('activity_event_after')).toBeUndefined()
  for (const [name, ids] of named) {
    const [, year, month] = /_(\d{4})_(\d{2})$/.exec(name) ?? []
    if (year === undefined) continue
    const bound = (offset: number) => leastIdAt('evt', new Date(Date.UTC(Number(year), Number(month) - 1 + offset, 1)))
    expect(ids.every((id) => id >= bound(0) && id < bound(1))).toBe(true)
  }

  // PostgreSQL lists a connection for a moment after it was closed.
  await vi.waitFor(() => revertMigrations(database.url, newer), patience)
  expect(await contents()).toEqual(before)
  await migrateDatabase(database.url)
  expect((await verify()).found).toEqual([])
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { ensureActivityPartitions } from '../../src/domain/activity/ensure-activity-partitions.ts'
import { maintainActivityLog } from '../../src/domain/activity/maintain-activity-log.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { createTestDatabase, execute, type TestDatabase, waitsForLock } from '../harness/database.ts'

let database: TestDatabase
let orm: Database
beforeEach(async () => {
  database = await createTestDatabase()
  orm = await openDatabase(database.url)
  await execute(database.url, `insert into namespace values ('org_1', 'acme', 'ORGANIZATION')`)
})
afterEach(async () => {
  await orm.close()
  await database.drop()
})

const now = new Date()
/** A time in the middle of the month that is so many months later. */
const inMonths = (later: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later, 15))
const nameOf = (later: number) => `activity_event_${inMonths(later).toISOString().slice(0, 7).replace('-', '_')}`

async function partitions(): Promise<string[]> {
  const rows = await execute(
    database.url,
    "select relname from pg_class where relispartition and relkind = 'r' and relname like 'activity%' order by 1",
  )
  return rows.map(({ relname }) => String(relname))
}

const insertion = (at: Date) =>
  `insert into activity_event (namespace_id, id, at, action, actor_kind, actor_name, target)
   values ('org_1', '${newId('evt', at)}', '${at.toISOString()}', 'member.invite', 'SYSTEM', 'system', 'x')
   returning tableoid::regclass::text as name`

/** Inserts an event, and returns the name of its partition. */
async function insertAt(at: Date): Promise<unknown> {
  const [row] = await execute(database.url, insertion(at))
  return row?.name
}

const around = (...months: readonly number[]) =>
  ['activity_event_after', 'activity_event_before', ...months.map(nameOf)].sort()
const keep = (at: Date) => maintainActivityLog(orm.em.fork(), defaultPlanTable, at)

describe('the partitions of the activity', () => {
  it('the partitions of the activity are this month, the next, and a default before and after', async () => {
    expect(await partitions()).toEqual(around(0, 1))
    expect(await insertAt(inMonths(-1))).toBe('activity_event_before')
    expect(await insertAt(inMonths(0))).toBe(nameOf(0))
    expect(await insertAt(inMonths(1))).toBe(nameOf(1))
    expect(await insertAt(inMonths(2))).toBe('activity_event_after')
  })

  it('are created for later months, also several at once, and once if several instances create them', async () => {
    await Promise.all(Array.from({ length: 5 }, () => ensureActivityPartitions(orm.em.fork(), inMonths(3))))
    expect(await partitions()).toEqual(around(0, 1, 2, 3, 4))
    for (const later of [2, 3, 4]) expect(await insertAt(inMonths(later))).toBe(nameOf(later))
    expect(await insertAt(inMonths(5))).toBe('activity_event_after')
  })

  it('the partitions of the activity have the same protection as the first ones', async () => {
    await ensureActivityPartitions(orm.em.fork(), inMonths(1))
    await insertAt(inMonths(2))
    for (const table of [nameOf(2), 'activity_event_after']) {
      await expect(execute(database.url, `update ${table} set target = ''`)).rejects.toThrow('permission denied')
      await expect(execute(database.url, `truncate ${table}`)).rejects.toThrow('permission denied')
      await execute(database.url, `grant update, truncate on ${table} to current_user`)
      await expect(execute(database.url, `truncate ${table}`)).rejects.toThrow('append-only')
    }
    await expect(execute(database.url, `update ${nameOf(2)} set target = ''`)).rejects.toThrow('append-only')
    await expect(execute(database.url, `delete from ${nameOf(2)}`)).rejects.toThrow('append-only')
  })

  it('the partitions of the activity are created around existing events of a later month', async () => {
    expect(await insertAt(inMonths(4))).toBe('activity_event_after')
    await ensureActivityPartitions(orm.em.fork(), inMonths(2))
    expect(await partitions()).toEqual(around(0, 1))
    expect(await insertAt(inMonths(2))).toBe('activity_event_after')
  })

  it('are dropped when they are past and empty, oldest first, and later inserts for them are kept', async () => {
    await ensureActivityPartitions(orm.em.fork(), inMonths(3))
    await insertAt(inMonths(2))
    await keep(inMonths(4))
    expect(await partitions()).toEqual(around(2, 3, 4, 5))
    expect(await insertAt(inMonths(1))).toBe('activity_event_before')
    await keep(inMonths(5))
    expect(await partitions()).toEqual(around(2, 3, 4, 5, 6))
  })

  it('stay as they are while somebody reads the whole log, and block nobody', async () => {
    const reading = await orm.em.fork().transactional(async (em) => {
      await em.execute('select count(*) from activity_event')
      await keep(inMonths(2))
      return partitions()
    })
    expect(reading).toEqual(around(0, 1))
    await keep(inMonths(2))
    expect(await partitions()).toEqual(around(2, 3))
  })

  it('stay as they are while a namespace is created, whose first event is inserted', async () => {
    await orm.em.fork().transactional(async (em) => {
      await em.execute("insert into namespace values ('org_2', 'globex', 'ORGANIZATION')")
      const adding = ensureActivityPartitions(orm.em.fork(), inMonths(2))
      await waitsForLock(database.url)
      await em.execute(insertion(inMonths(0)))
      await adding
    })
    expect(await partitions()).toEqual(around(0, 1))
    await ensureActivityPartitions(orm.em.fork(), inMonths(2))
    expect(await partitions()).toEqual(around(0, 1, 2, 3))
  })
})

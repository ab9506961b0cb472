import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/database/open-database.ts'
import { PreparingClient } from '../../src/database/preparing-client.ts'
import { kysely } from '../../src/domain/sql/tables.ts'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'

let database: TestDatabase
const open: PreparingClient[] = []

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
afterEach(async () => {
  for (const client of open.splice(0)) await client.end()
})

async function connect(): Promise<PreparingClient> {
  const client = new PreparingClient({ connectionString: database.url })
  open.push(client)
  await client.connect()
  return client
}

interface Prepared {
  readonly name: string
  readonly statement: string
  readonly uses: number
}

/** The statements that this connection has prepared, and how often each was executed. */
async function preparedBy(client: PreparingClient): Promise<Prepared[]> {
  const text =
    'select name, statement, (generic_plans + custom_plans)::int as uses from pg_prepared_statements order by prepare_time'
  return rowsOf<Prepared>(client, text)
}

async function rowsOf<Row>(client: PreparingClient, ...query: [string, unknown[]?]): Promise<Row[]> {
  const { rows } = (await client.query(...query)) as { rows: Row[] }
  return rows
}

describe('a statement with parameters', () => {
  const text = 'select $1::text as one, $2::int as two'

  it('a statement with parameters is prepared under one name per connection, however often it runs', async () => {
    const client = await connect()
    for (let two = 0; two < 5; two++) expect(await rowsOf(client, text, ['a', two])).toEqual([{ one: 'a', two }])
    const prepared = await preparedBy(client)
    expect(prepared).toEqual([{ name: expect.stringMatching(/^[\w-]{43}$/), statement: text, uses: 5 }])

    const other = await connect()
    expect(await preparedBy(other)).toEqual([])
    expect(await rowsOf(other, text, ['b', 1])).toEqual([{ one: 'b', two: 1 }])
    expect(await preparedBy(other)).toEqual([{ ...prepared[0], uses: 1 }])
  })

  it('a statement with parameters has another name for every text', async () => {
    const client = await connect()
    const texts = ['select $1::int + 1 as n', 'select $1::int + 2 as n', 'select $1::int + 1 as n ']
    const rows: unknown[] = []
    for (const one of texts) rows.push(...(await rowsOf(client, one, [1])))
    expect(rows).toEqual([{ n: 2 }, { n: 3 }, { n: 2 }])
    expect(new Set((await preparedBy(client)).map(({ name }) => name)).size).toBe(3)
  })

  it('runs again after it failed, and after its transaction was rolled back', async () => {
    const client = await connect()
    const divide = 'select 1 / $1::int as quotient'
    await expect(client.query(divide, [0])).rejects.toThrow('division by zero')
    expect(await rowsOf(client, divide, [1])).toEqual([{ quotient: 1 }])
    await client.query('begin')
    await expect(client.query(divide, [0])).rejects.toThrow('division by zero')
    await client.query('rollback')
    expect(await rowsOf(client, divide, [1])).toEqual([{ quotient: 1 }])
    expect(await preparedBy(client)).toHaveLength(1)
  })
})

describe('a statement that is not prepared', () => {
  it('a statement that is not prepared has no parameters, and can be several statements in one', async () => {
    const client = await connect()
    await client.query('select 1; select 2')
    await client.query('select 3', [])
    expect(await preparedBy(client)).toEqual([])
  })

  it('a statement that is not prepared has a text so long that it will hardly repeat', async () => {
    const client = await connect()
    const list = Array.from({ length: 5_000 }, (_, i) => `$${i + 1}::int`).join(', ')
    const values = Array.from({ length: 5_000 }, (_, i) => i)
    expect(await rowsOf(client, `select cardinality(array[${list}]) as count`, values)).toEqual([{ count: 5_000 }])
    expect(await preparedBy(client)).toEqual([])
  })
})

describe('the server', () => {
  it('prepares the typed SQL of its reads', async () => {
    const orm = await openDatabase(database.url)
    try {
      const statements = await orm.em.fork().transactional(async (em) => {
        const people = kysely(em).selectFrom('user_account').select('id')
        for (const username of ['a', 'b', 'c']) await people.where('username', '=', username).execute()
        return em.execute<Prepared[]>(
          'select statement, (generic_plans + custom_plans)::int as uses from pg_prepared_statements',
        )
      })
      expect(statements).toEqual([{ statement: expect.stringContaining('from "user_account"'), uses: 3 }])
    } finally {
      await orm.close()
    }
  })

  // Must be the last test, because names last for the lifetime of the process.
  it('uses at most 500 names, and sends statements unnamed after that', async () => {
    const client = await connect()
    for (let i = 0; i < 600; i++)
      expect(await rowsOf(client, `select $1::int + ${i} as n`, [1])).toEqual([{ n: i + 1 }])
    const { length } = await preparedBy(client)
    expect(length).toBeGreaterThan(400)
    expect(length).toBeLessThanOrEqual(500)
    expect(await rowsOf(client, 'select $1::int + 599 as n', [1])).toEqual([{ n: 600 }])
  })
})

import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely'
import type { Tables } from './tables.ts'

/**
 * Stands in the SQL for a value that is given when the statement is run. With a column, the value is an array of rows,
 * and this stands for the array of that column's values; see `batch`.
 */
export type ValueOf<Values> = <Name extends keyof Values & string>(
  name: Name,
  column?: string,
) => RawBuilder<Values[Name]>

/** Runs a statement: on any connection, or in the transaction that `em` is in. */
export type Statement<Values, Row> = (em: EntityManager, values: Values) => Promise<Row[]>

const compiler = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

class Placeholder {
  readonly #name: string
  readonly #column: string | undefined

  constructor(name: string, column: string | undefined) {
    this.#name = name
    this.#column = column
  }

  in(values: object): unknown {
    const value: unknown = Reflect.get(values, this.#name)
    const column = this.#column
    return column === undefined || !Array.isArray(value) ? value : value.map((row) => Reflect.get(row, column))
  }
}

/**
 * A statement of typed SQL that is built and compiled once, here, and prepared once per connection. For statements that
 * every request sends: building the same query again takes longer than sending it.
 */
export function statement<Values extends object, Row>(
  build: (db: Kysely<Tables>, value: ValueOf<Values>) => Compilable<Row> | CompiledQuery<Row>,
): Statement<Values, Row> {
  const built = build(compiler, (name, column) => sql`${new Placeholder(name, column)}`)
  const query = 'compile' in built ? built.compile() : built
  const { sql: text, parameters } = query
  const name = createHash('sha256').update(text).digest('base64url')
  return async (em, values) => {
    const given = parameters.map((each) => (each instanceof Placeholder ? each.in(values) : each))
    if (em.isInTransaction()) return (await em.getKysely().executeQuery({ ...query, parameters: given })).rows
    // Not through the query builder, which takes twice as long to reach the same pool.
    const pool = await em.getConnection().getNativeClient()
    return (await pool.query({ name, text, values: given })).rows
  }
}

/**
 * Lets PostgreSQL plan each statement of the transaction that `em` is in for its values. From the sixth time on, it
 * otherwise uses one plan for any values, which suits a few rows: with a million, that takes four times as long.
 */
export async function planForValues(em: EntityManager): Promise<void> {
  await em.execute('set local plan_cache_mode = force_custom_plan')
}

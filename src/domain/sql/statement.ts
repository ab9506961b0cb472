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

/** Stands in the SQL for a value that is given when the statement is run. */
export type ValueOf<Values> = <Name extends keyof Values & string>(name: Name) => RawBuilder<Values[Name]>

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
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/**
 * A statement of typed SQL that is built and compiled once, here, and prepared once a connection. For what every request
 * asks: building the same query anew takes longer than all the rest of sending it.
 */
export function statement<Values extends object, Row>(
  build: (db: Kysely<Tables>, value: ValueOf<Values>) => Compilable<Row> | CompiledQuery<Row>,
): Statement<Values, Row> {
  const built = build(compiler, (name) => sql`${new Placeholder(name)}`)
  const query = 'compile' in built ? built.compile() : built
  const { sql: text, parameters } = query
  const name = createHash('sha256').update(text).digest('base64url')
  return async (em, values) => {
    const given = parameters.map((each) => (each instanceof Placeholder ? Reflect.get(values, each.name) : each))
    if (em.isInTransaction()) return (await em.getKysely().executeQuery({ ...query, parameters: given })).rows
    // Past the query builder, whose way to the same pool takes twice as long.
    const pool = await em.getConnection().getNativeClient()
    return (await pool.query({ name, text, values: given })).rows
  }
}

/**
 * Has the statements of the transaction that `em` is in planned for the values that they are given. From the sixth time on,
 * PostgreSQL otherwise takes one plan for whatever values, made for a few rows: with a million, that takes four times as long.
 */
export async function planForValues(em: EntityManager): Promise<void> {
  await em.execute('set local plan_cache_mode = force_custom_plan')
}

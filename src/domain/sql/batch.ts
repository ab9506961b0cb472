import { type AliasedRawBuilder, sql } from 'kysely'
import type { ValueOf } from './statement.ts'

/** The types that PostgreSQL can read a value of JavaScript as. */
type SqlType<Value> = Value extends number
  ? 'int'
  : Value extends Date
    ? 'timestamptz'
    : Value extends Buffer
      ? 'bytea'
      : Value extends string
        ? 'text' | 'timestamptz' | 'date' | 'inet' | 'cidr'
        : never

/** The SQL type of each column of a batch. */
type Columns<Row> = { readonly [Column in keyof Row]-?: SqlType<NonNullable<Row[Column]>> }

type RowOf<Rows> = Rows extends ReadonlyArray<infer Row> ? Row : never

/**
 * The rows of a batch as a table of a statement: `select * from ${batch(value, 'pulls', 'u', { subject_id: 'text' })}`.
 * Each column is one parameter, so the text is the same for any number of rows. A last column `position` counts the
 * rows from 1. Keys of the rows are names of columns.
 */
export function batch<Values, Name extends keyof Values & string, Alias extends string>(
  value: ValueOf<Values>,
  name: Name,
  alias: Alias,
  columns: Columns<RowOf<Values[Name]>>,
): AliasedRawBuilder<RowOf<Values[Name]> & { readonly position: number }, Alias> {
  const names = Object.keys(columns)
  const arrays = names.map((column) => sql`${value(name, column)}::${sql.raw(Reflect.get(columns, column))}[]`)
  const header = sql`${sql.raw(alias)} (${sql.join([...names, 'position'].map((each) => sql.raw(each)))})`
  return sql<
    RowOf<Values[Name]> & { readonly position: number }
  >`unnest(${sql.join(arrays)}) with ordinality`.as<Alias>(header)
}

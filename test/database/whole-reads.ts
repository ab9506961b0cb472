import pg from 'pg'
import { isBackground } from '../harness/statements.ts'

/** A sent statement with the values of its parameters. */
export interface Sent {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Like `statementsOf`, but with values, each text once, and without `begin` and `commit`. */
export async function sentDuring(work: () => Promise<unknown>): Promise<Sent[]> {
  const sent = new Map<string, Sent>()
  const client = pg.Client.prototype
  const query: unknown = Reflect.get(client, 'query')
  if (typeof query !== 'function') throw new TypeError('pg.Client has no method `query` any more.')
  const recording = function (this: pg.Client, ...args: unknown[]): unknown {
    const [statement, given] = args
    const text: unknown = typeof statement === 'string' ? statement : Reflect.get(Object(statement), 'text')
    if (typeof text !== 'string') throw new TypeError('A statement was sent in a way that is not known here.')
    const values = Array.isArray(given) ? given : (Reflect.get(Object(statement), 'values') ?? [])
    if (!/^(begin|start transaction|commit|rollback|set local)\b/i.test(text) && !isBackground(text))
      sent.set(text, { text, values })
    return Reflect.apply(query, this, args)
  }
  Reflect.set(client, 'query', recording)
  try {
    await work()
    return [...sent.values()]
  } finally {
    Reflect.set(client, 'query', query)
  }
}

/** The statements that PostgreSQL runs internally, on the tables that refer to a deleted row. */
export async function lookupsOfDeletions(client: pg.Client): Promise<Sent[]> {
  const { rows } = await client.query<{ table: string; columns: string[] }>(`
    select c.conrelid::regclass::text as "table",
      array(
        select attname::text from pg_attribute where attrelid = c.conrelid and attnum = any(c.conkey) order by attnum
      ) as columns
    from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace`)
  return rows.map(({ table, columns }) => {
    const conditions = columns.map((column, index) => `${column} = $${index + 1}`)
    return { text: `delete from only ${table} where ${conditions.join(' and ')}`, values: columns.map(() => 'none') }
  })
}

/** The plan of a statement. */
export interface Explained {
  readonly text: string
  /** The tables that it reads and writes. */
  readonly tables: readonly string[]
  /** The tables that it reads from end to end, and how: `session: Seq Scan`. */
  readonly wholeReads: readonly string[]
}

/**
 * Explains statements with sequential scans as the last resort, so that one remains only if no index fits, however few
 * rows there are. Takes a connection in a transaction, and leaves the setting there.
 */
export async function explain(client: pg.Client, statements: readonly Sent[]): Promise<Explained[]> {
  await client.query('set local enable_seqscan = off')
  // On few rows, PostgreSQL prefers a walk along two indexes to lookups of rows.
  await client.query('set local enable_mergejoin = off')
  await client.query('set local plan_cache_mode = force_generic_plan')
  const indexes = await indexesOf(client)
  const explained: Explained[] = []
  for (const statement of statements) {
    const nodes = await nodesOfPlans(client, statement)
    const tables = new Set(nodes.flatMap((node) => node['Relation Name'] ?? []))
    const wholeReads = new Set(nodes.flatMap((node) => wholeRead(node, indexes) ?? []))
    explained.push({ text: statement.text, tables: [...tables], wholeReads: [...wholeReads] })
  }
  return explained
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

/** The nodes of the plan for the sent values, and of the generic plan, which connections use after some executions. */
async function nodesOfPlans(client: pg.Client, { text, values }: Sent): Promise<PlanNode[]> {
  const forThese = await planOf(client, text, values)
  await client.query(`prepare explained as ${text}`)
  // The generic plan ignores the values.
  const nulls = values.length === 0 ? '' : `(${values.map(() => 'null').join(', ')})`
  const forAny = await planOf(client, `execute explained${nulls}`)
  await client.query('deallocate explained')
  return [...nodesOf(forThese), ...nodesOf(forAny)]
}

async function planOf(client: pg.Client, text: string, values: readonly unknown[] = []): Promise<PlanNode> {
  const { rows } = await client.query(`explain (format json) ${text}`, [...values])
  return rows[0]['QUERY PLAN'][0].Plan
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node
  for (const child of node.Plans ?? []) yield* nodesOf(child)
}

interface Index {
  readonly table: string
  readonly firstColumn: string
}

async function indexesOf(client: pg.Client): Promise<ReadonlyMap<string, Index>> {
  const { rows } = await client.query<Index & { name: string }>(`
    select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as "table",
      pg_get_indexdef(i.indexrelid, 1, true) as "firstColumn"
    from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace`)
  return new Map(rows.map((row) => [row.name, row]))
}

/**
 * How a node reads a table from end to end, if it does. An index scan counts, unless its condition compares the first
 * column with `=`: without sequential scans, the planner walks along any index of the table.
 */
function wholeRead(node: PlanNode, indexes: ReadonlyMap<string, Index>): string | null {
  const type = node['Node Type']
  if (type === 'Seq Scan') return `${node['Relation Name']}: ${type}`
  if (!/^(Bitmap Index|Index|Index Only) Scan$/.test(type)) return null
  const name = node['Index Name'] ?? ''
  const index = indexes.get(name)
  if (index === undefined) throw new TypeError(`${name} is no index of a table of ours.`)
  return node['Index Cond']?.includes(`(${index.firstColumn} = `) ? null : `${index.table}: along ${name}`
}

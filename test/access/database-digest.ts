import type { Postern } from '../harness/postern.ts'

let statement: string | undefined

/**
 * What the database holds, in a few characters: two that are equal mean that nothing was written in between. When a token
 * or secret was last used is left out, for that may be written by any request, and what becomes of deliveries.
 */
export async function databaseDigest(postern: Postern): Promise<string> {
  const em = postern.em()
  if (statement === undefined) {
    const tables = await em.execute<Array<{ table_name: string }>>(
      `select table_name from information_schema.tables
       where table_schema = 'public' and table_name <> 'access_token_last_use' order by table_name`,
    )
    statement = tables.map(({ table_name }) => digestOf(table_name)).join(' union all ')
  }
  const rows = await em.execute<Array<{ digest: string }>>(statement)
  return rows.map(({ digest }) => digest).join(' ')
}

function digestOf(table: string): string {
  const lines: Readonly<Record<string, string>> = {
    access_token_secret: `(to_jsonb(t) - 'last_used_at')::text`,
    delivery: 't.id',
  }
  const line = lines[table] ?? 't::text'
  return `select '${table} ' || count(*) || ' ' || coalesce(sum(hashtextextended(${line}, 0)::numeric), 0) as digest
    from "${table}" t`
}

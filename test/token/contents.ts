import type { EntityManager } from '@mikro-orm/postgresql'

/** Every row of every table as text, with byte strings in hexadecimal. */
export type Contents = Readonly<Record<string, readonly string[]>>

/** The contents of the database, to see that nothing was written, or what was. */
export async function contentsOf(em: EntityManager): Promise<Contents> {
  const tables = await em.execute<Array<{ name: string }>>(
    // Partitions are included in their table.
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`,
  )
  const contents: Record<string, string[]> = {}
  for (const { name } of tables) {
    const rows = await em.execute<Array<{ row: string }>>(`select t::text as row from "${name}" t order by 1`)
    contents[name] = rows.map(({ row }) => row)
  }
  return contents
}

/** The tables that contain a text, as text or in a byte string. */
export function tablesWith(contents: Contents, text: string | Buffer): string[] {
  const forms = typeof text === 'string' ? [text, Buffer.from(text).toString('hex')] : [text.toString('hex')]
  return Object.entries(contents)
    .filter(([, rows]) => rows.some((row) => forms.some((form) => row.includes(form))))
    .map(([table]) => table)
}

import { uses } from '../account/recorded-activity.ts'
import type { Postern } from '../harness/postern.ts'

let statement: string | undefined

/**
 * A digest of the database: two equal digests mean that nothing was written in between. It excludes what every request
 * may write: denied and failed attempts, and the time and address of last uses. It also excludes the outcome of
 * deliveries.
 */
export async function databaseDigest(postern: Postern): Promise<string> {
  const em = postern.em()
  if (statement === undefined) {
    const tables = await em.execute<Array<{ table_name: string }>>(
      `select relname as table_name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and not relispartition and relname not in ('access_token_last_use',
           'access_token_address', 'registry_login', 'refused_attempt', 'failure_count', 'activity_chain')
         order by relname`,
    )
    statement = tables.map(({ table_name }) => digestOf(table_name)).join(' union all ')
  }
  const rows = await em.execute<Array<{ digest: string }>>(statement)
  return rows.map(({ digest }) => digest).join(' ')
}

const quotedUses = uses.map((action) => `'${action}'`).join()

function digestOf(table: string): string {
  const lines: Readonly<Record<string, string>> = {
    access_token_secret: `(to_jsonb(t) - 'last_used_at')::text`,
    // When a device asks for its token is written each time.
    device_request: `(to_jsonb(t) - '{last_polled_at,interval_seconds}'::text[])::text`,
    delivery: 't.id',
    // The position of an event in its chain depends on earlier uses of tokens.
    activity_event: `(to_jsonb(t) - '{position,hash}'::text[])::text`,
  }
  const line = lines[table] ?? 't::text'
  return `select '${table} ' || count(*) || ' ' || coalesce(sum(hashtextextended(${line}, 0)::numeric), 0) as digest
    from "${table}" t ${table === 'activity_event' ? `where action not in (${quotedUses})` : ''}`
}

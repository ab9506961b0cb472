import { uses } from '../account/recorded-activity.ts'
import { execute } from '../harness/database.ts'
import type { Postern } from '../harness/postern.ts'

/**
 * Installs triggers that count every row that is inserted, changed or deleted and committed. Reading the count is fast,
 * whereas a digest takes longer the more rows there are. The count excludes what every request may write: last uses of
 * tokens and secrets, failed attempts, and the head of a chain of events, which moves with them. It also excludes the
 * outcome of deliveries, which are sent meanwhile.
 */
export async function countWrites(postern: Postern): Promise<() => Promise<number>> {
  const url = postern.config.databaseUrl ?? ''
  const tables = await execute(
    url,
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
       and not relispartition
         and relname not in ('access_token_last_use', 'access_token_address', 'registry_login', 'refused_attempt',
           'failure_count', 'activity_chain')`,
  )
  await execute(
    url,
    `create table database_write (id bigint generated always as identity primary key);
     create function note_write() returns trigger language plpgsql as
       'begin insert into database_write default values; return null; end';
     ${tables.map(({ name }) => triggersOn(String(name))).join('')}`,
  )
  return async () => {
    const [row] = await postern
      .em()
      .execute<Array<{ last: string | null }>>('select max(id) as last from database_write')
    return Number(row?.last ?? 0)
  }
}

const leftOut: Readonly<Record<string, string>> = {
  access_token_secret: " - 'last_used_at'",
  delivery: " - '{attempts,status,next_attempt_at,response_status,error,delivered_at}'::text[]",
}

function triggersOn(table: string): string {
  const but = leftOut[table] ?? ''
  const insert =
    table === 'activity_event' ? `when (new.action not in (${uses.map((action) => `'${action}'`).join()}))` : ''
  return `
    create trigger note_insert after insert on "${table}" for each row ${insert} execute function note_write();
    create trigger note_delete after delete on "${table}" for each row execute function note_write();
    create trigger note_update after update on "${table}" for each row
      when (to_jsonb(old)${but} is distinct from to_jsonb(new)${but}) execute function note_write();`
}

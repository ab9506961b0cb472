import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { minuteMs } from '../shared/duration.ts'
import { batch } from '../sql/batch.ts'
import { batchedDeletion } from '../sql/batched-deletion.ts'
import { livingTokens } from '../sql/living-tokens.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

/** A login with a token from a network. */
export interface LoginRow {
  readonly namespace_id: string
  readonly token_id: string
  readonly network: string
  readonly at: string
}

/** Between two recorded logins with a token from a network. */
export const loginIntervalMs = minuteMs

// Rows are locked in the order of their key, so that instances cannot deadlock.
const upsert = statement((db, value: ValueOf<{ readonly logins: readonly LoginRow[] }>) =>
  sql<{ readonly position: number }>`
    with login as materialized (
      select * from ${batch(value, 'logins', 'u', {
        namespace_id: 'text',
        token_id: 'text',
        network: 'cidr',
        at: 'timestamptz',
      })}
    ), ${livingTokens('alive', 'login', 'token_id')}, claimed as (
      insert into registry_login as r (namespace_id, token_id, network, at)
      select namespace_id, token_id, network, at from login
      where (namespace_id, token_id) in (select namespace_id, id from alive)
      order by namespace_id collate "C", token_id collate "C", network
      on conflict (namespace_id, token_id, network) do update set at = excluded.at
      where r.at <= excluded.at - make_interval(secs => ${sql.lit(loginIntervalMs / 1000)})
      returning namespace_id, token_id, network
    )
    select l.position::int - 1 as position
    from login l join claimed c using (namespace_id, token_id, network)`.compile(db),
)

/**
 * Claims logins, each token and network once, in the transaction that `em` is in. Returns the positions, from 0, of
 * those that no instance has claimed within the last minute, without those of deleted tokens.
 */
export async function insertLogins(em: EntityManager, logins: readonly LoginRow[]): Promise<ReadonlySet<number>> {
  return new Set((await upsert(em, { logins })).map(({ position }) => position))
}

interface Before {
  readonly before: Date
}

const deleteLogins = batchedDeletion<Before>('registry_login', (value: ValueOf<Before>) => sql`at < ${value('before')}`)

/** Deletes logins that are too old to matter. */
export function pruneRegistryLogins(em: EntityManager, now: Date): Promise<void> {
  return deleteLogins(em, { before: new Date(now.getTime() - 2 * loginIntervalMs) })
}

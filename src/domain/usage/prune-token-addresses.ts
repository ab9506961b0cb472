import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'

/** How many networks of a token are kept: pipelines in a cloud come from a new one every day. */
const keptOfToken = 500

/** Forgets the oldest networks of tokens that have been used from very many. */
export async function pruneTokenAddresses(em: EntityManager): Promise<void> {
  await sql`
    with many as (
      select namespace_id, token_id from access_token_address group by namespace_id, token_id having count(*) > ${keptOfToken}
    )
    delete from access_token_address a using many
    where a.namespace_id = many.namespace_id and a.token_id = many.token_id and a.first_used_at < (
      select k.first_used_at from access_token_address k
      where k.namespace_id = many.namespace_id and k.token_id = many.token_id
      order by k.first_used_at desc offset ${keptOfToken - 1} limit 1
    )`.execute(em.getKysely())
}

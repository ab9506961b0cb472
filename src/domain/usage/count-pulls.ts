import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { usageWindowAt } from './usage-limit.ts'

/** Thrown when the token has been deleted since it was recognised. */
export class TokenDeleted extends Error {
  override readonly name = 'TokenDeleted'
}

const foreignKeyViolation = '23503'

/**
 * Counts pulls of a token in the current window, unless they would exceed the limit; answers whether they were counted.
 * One statement decides and counts, so the limit holds exactly, however many requests and servers there are.
 *
 * Throws `TokenDeleted`.
 */
export async function countPulls(
  em: EntityManager,
  token: { readonly id: string; readonly namespaceId: string; readonly limit: number | null },
  pulls: number,
  now: Date,
): Promise<boolean> {
  if (token.limit !== null && pulls > token.limit) return false
  const counted = await sql`
    insert into usage_window as w (namespace_id, token_id, starts_at, pulls)
    values (${token.namespaceId}, ${token.id}, ${usageWindowAt(now).startsAt}, ${pulls})
    on conflict (namespace_id, token_id, starts_at) do update set pulls = w.pulls + excluded.pulls
    where ${token.limit}::int is null or w.pulls + excluded.pulls <= ${token.limit}::int
    returning 1`
    .execute(em.getKysely())
    .catch((error) => {
      throw Reflect.get(Object(error), 'code') === foreignKeyViolation ? new TokenDeleted() : error
    })
  return counted.rows.length > 0
}

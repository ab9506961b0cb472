import type { EntityManager } from '@mikro-orm/postgresql'
import { kysely } from '../sql/tables.ts'

/** A key of a request of a person, about an organization or a person. */
export interface NewIdempotencyKey {
  readonly namespaceId: string
  readonly actorId: string
  readonly key: string
  readonly requestDigest: Buffer
  readonly tokenId: string
  readonly createdAt: Date
}

/** Claims a key. Returns false if it is taken. Waits for another transaction that claims it. */
export async function insertIdempotencyKey(em: EntityManager, claim: NewIdempotencyKey): Promise<boolean> {
  const claimed = await kysely(em)
    .insertInto('idempotency_key')
    .values({
      namespace_id: claim.namespaceId,
      actor_id: claim.actorId,
      key: claim.key,
      request_digest: claim.requestDigest,
      token_id: claim.tokenId,
      created_at: claim.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .execute()
  return claimed.length > 0
}

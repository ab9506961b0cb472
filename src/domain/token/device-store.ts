import type { EntityManager } from '@mikro-orm/postgresql'
import { kysely } from '../sql/tables.ts'

/** Locks the session of a person's token, if a device created it. */
export async function lockSessionOfToken(em: EntityManager, userId: string, tokenId: string): Promise<void> {
  await kysely(em)
    .selectFrom('session')
    .select('id')
    .where('id', '=', (where) =>
      where
        .selectFrom('access_token')
        .select('session_id')
        .where('namespace_id', '=', userId)
        .where('id', '=', tokenId),
    )
    .forUpdate()
    .execute()
}

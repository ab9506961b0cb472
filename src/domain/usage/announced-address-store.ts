import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { leastIdAt } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { batch } from '../sql/batch.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

interface UseRow {
  readonly namespace_id: string
  readonly token_id: string
  readonly at: Timestamp
  readonly first_id: string
}

interface UsesAndInterval {
  readonly uses: readonly UseRow[]
  readonly seconds: number
}

// The primary key finds the notices, because their ids contain the time.
const selectTokens = statement((db, value: ValueOf<UsesAndInterval>) =>
  sql<{ tokenId: string }>`
    select u.token_id as "tokenId"
    from ${batch(value, 'uses', 'u', { namespace_id: 'text', token_id: 'text', at: 'timestamptz', first_id: 'text' })}
    where exists (
      select from notice n
      where n.namespace_id = u.namespace_id and n.id >= u.first_id and n.token_id = u.token_id
        and n.kind = 'TOKEN_USED_FROM_NEW_ADDRESS'
        and n.at < u.at + make_interval(secs => ${value('seconds')})
    )`.compile(db),
)

/** The ids of those tokens of which a new address was announced within an interval before or after their use. */
export async function findAnnouncedAddresses(
  em: EntityManager,
  uses: ReadonlyArray<{ readonly namespaceId: string; readonly tokenId: string; readonly at: Timestamp }>,
  intervalMs: number,
): Promise<ReadonlySet<string>> {
  if (uses.length === 0) return new Set()
  const rows = await selectTokens(em, {
    uses: uses.map(({ namespaceId, tokenId, at }) => ({
      namespace_id: namespaceId,
      token_id: tokenId,
      at,
      first_id: leastIdAt('not', new Date(Date.parse(at) - intervalMs + 1)),
    })),
    seconds: intervalMs / 1000,
  })
  return new Set(rows.map(({ tokenId }) => tokenId))
}

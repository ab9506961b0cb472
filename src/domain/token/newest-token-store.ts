import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import type { PageRequest } from '../shared/page.ts'
import { batch } from '../sql/batch.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { selectTokens, type TokenRow } from './token-store.ts'

// Greater than the id of any token, so that the first page is a page like any other.
const afterEveryToken = 'tok_~'

/** A page of all tokens of an organization or a person. */
export interface NewestTokensWanted {
  readonly namespaceId: string
  readonly page: Pick<PageRequest, 'size' | 'cursor'>
}

/**
 * The tokens on each of these pages, newest first, and one more if the list continues: as most requests list. One
 * statement, whatever the number of pages.
 */
export async function listNewestTokens(em: EntityManager, pages: readonly NewestTokensWanted[]): Promise<TokenRow[][]> {
  const wanted = pages.map(({ namespaceId, page }) => ({
    namespace_id: namespaceId,
    after: page.cursor ?? afterEveryToken,
    size: page.size + 1,
  }))
  const [only] = wanted
  if (only !== undefined && wanted.length === 1)
    return [await selectOne(em, { namespaceId: only.namespace_id, after: only.after, limit: only.size })]
  const rows = Map.groupBy(await selectSeveral(em, { wanted }), ({ position }) => Number(position))
  return pages.map((_, index) => rows.get(index + 1) ?? [])
}

function newestFirst(
  query: ReturnType<typeof selectTokens>,
  after: RawBuilder<string>,
  limit: RawBuilder<number>,
): ReturnType<typeof selectTokens> {
  return query.where('t.id', '<', after).orderBy('t.id', 'desc').limit(limit)
}

const selectOne = statement((db, value: ValueOf<{ namespaceId: string; after: string; limit: number }>) =>
  newestFirst(selectTokens(db).where('t.namespace_id', '=', value('namespaceId')), value('after'), value('limit')),
)

interface WantedRow {
  readonly namespace_id: string
  readonly after: string
  readonly size: number
}

const selectSeveral = statement((db, value: ValueOf<{ wanted: readonly WantedRow[] }>) =>
  db
    .selectFrom(batch(value, 'wanted', 'w', { namespace_id: 'text', after: 'text', size: 'int' }))
    .innerJoinLateral(
      newestFirst(
        selectTokens(db).where('t.namespace_id', '=', sql.ref<string>('w.namespace_id')),
        sql.ref<string>('w.after'),
        sql.ref<number>('w.size'),
      ).as('p'),
      (join) => join.onTrue(),
    )
    .selectAll('p')
    .select('w.position')
    .orderBy('w.position')
    .orderBy('p.id', 'desc'),
)

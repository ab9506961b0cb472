import type { EntityManager } from '@mikro-orm/postgresql'
import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import type { AccessTokenStatus } from '../model/access-token.ts'
import { isNamespaceName } from '../model/namespace.ts'
import { batch } from '../sql/batch.ts'
import { countRows } from '../sql/count-rows.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'
import { selectTokens, type TokenRow } from './token-store.ts'

/** A list of the tokens of an organization or a person. Null or absent members of the filter do not narrow it. */
export interface TokenQuery {
  readonly namespaceId: string
  readonly filter: {
    readonly status?: readonly AccessTokenStatus[] | null | undefined
    /** A pattern for the label or the description. */
    readonly pattern?: string | null
    readonly createdBy?: string | null | undefined
    readonly unusedSince?: Date | null | undefined
    readonly expiresBefore?: Date | null | undefined
  }
  /** Whether the plan of the organization suspends its tokens. */
  readonly isSuspended: boolean
  readonly now: Date
}

/** Tokens that match a filter, newest first, from the one after `after` on; null: from the first. */
export function listTokenRows(
  em: EntityManager,
  query: TokenQuery,
  after: string | null,
  limit: number,
): Promise<TokenRow[]> {
  return newestFirst(select(em, query), after ?? afterEveryToken, limit).execute()
}

/** A page of all tokens of an organization or a person. */
export interface TokensWanted {
  readonly namespaceId: string
  readonly after: string | null
  readonly limit: number
}

/** The tokens on each of these pages, newest first. One statement, whatever the number of pages. */
export async function listTokenPages(em: EntityManager, pages: readonly TokensWanted[]): Promise<TokenRow[][]> {
  const wanted = pages.map(({ namespaceId, after, limit }) => ({
    namespace_id: namespaceId,
    after: after ?? afterEveryToken,
    size: limit,
  }))
  const [only] = wanted
  if (only !== undefined && wanted.length === 1)
    return [await selectPage(em, { namespaceId: only.namespace_id, after: only.after, limit: only.size })]
  const rows = Map.groupBy(await selectPages(em, { wanted }), ({ position }) => Number(position))
  return pages.map((_, index) => rows.get(index + 1) ?? [])
}

export function countListedTokens(em: EntityManager, query: TokenQuery): Promise<number> {
  return countRows(select(em, query))
}

type Selection = ReturnType<typeof selectTokens>

// Greater than the id of any token, so that the first page is a page like any other.
const afterEveryToken = 'tok_~'

function newestFirst(query: Selection, after: string | RawBuilder<string>, limit: number | RawBuilder<number>) {
  return query.where('t.id', '<', after).orderBy('t.id', 'desc').limit(limit)
}

// The usual request: a page without a filter.
const selectPage = statement((db, value: ValueOf<{ namespaceId: string; after: string; limit: number }>) =>
  newestFirst(selectTokens(db).where('t.namespace_id', '=', value('namespaceId')), value('after'), value('limit')),
)

interface WantedRow {
  readonly namespace_id: string
  readonly after: string
  readonly size: number
}

const selectPages = statement((db, value: ValueOf<{ wanted: readonly WantedRow[] }>) =>
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

function select(em: EntityManager, { namespaceId, filter, isSuspended, now }: TokenQuery): Selection {
  const { status, pattern, createdBy, unusedSince, expiresBefore } = filter
  let query = selectTokens(kysely(em)).where('t.namespace_id', '=', namespaceId)
  // Each status once, because PostgreSQL plans every condition.
  if (status)
    query = query.where((where) =>
      where.or([...new Set(status)].map((each) => hasStatus(where, each, isSuspended, now.toISOString()))),
    )
  if (typeof pattern === 'string')
    query = query.where((where) =>
      where.or([where('t.label', 'ilike', pattern), where('t.description', 'ilike', pattern)]),
    )
  // PostgreSQL rejects U+0000, so an invalid name is not sent.
  if (typeof createdBy === 'string')
    query = query.where('t.created_by_id', '=', (where) =>
      where
        .selectFrom('user_account')
        .select('id')
        .where('username', '=', isNamespaceName(createdBy) ? createdBy : ''),
    )
  if (unusedSince)
    query = query.where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('access_token_last_use as l')
            .select('l.token_id')
            .whereRef('l.token_id', '=', 't.id')
            .where('l.at', '>=', unusedSince.toISOString()),
        ),
      ),
    )
  if (expiresBefore) query = query.where('t.expires_at', '<', expiresBefore.toISOString())
  return query
}

// The same rule as `statusOf`, in SQL.
function hasStatus(
  where: ExpressionBuilder<Tables & { t: Tables['access_token'] }, 't'>,
  status: AccessTokenStatus,
  isSuspended: boolean,
  now: string,
) {
  const unexpired = where.or([where('t.expires_at', 'is', null), where('t.expires_at', '>', now)])
  switch (status) {
    case 'EXPIRED':
      return where('t.expires_at', '<=', now)
    case 'INACTIVE':
      return where.and([unexpired, where('t.deactivated_at', 'is not', null)])
    case 'SUSPENDED':
    case 'ACTIVE':
      return where.and([
        unexpired,
        where('t.deactivated_at', 'is', null),
        ...(isSuspended === (status === 'SUSPENDED') ? [] : [sql.lit(false)]),
      ])
  }
}

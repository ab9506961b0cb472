import type { ExpressionBuilder, RawBuilder } from 'kysely'
import type { AccessTokenStatus } from '../model/access-token.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countRows } from '../sql/count-rows.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'
import { selectTokens, type TokenRow } from './find-token.ts'

/** Which tokens to list. Absent members do not narrow the list; present ones all have to hold. */
export interface TokenFilter {
  readonly status?: readonly AccessTokenStatus[] | null | undefined
  /** A part of the label or the description, in upper or lower case. */
  readonly search?: string | null | undefined
  /** The creator's username. */
  readonly createdBy?: string | null | undefined
  /** Tokens with no use at or after this moment, those never used among them. */
  readonly unusedSince?: Date | null | undefined
  /** Tokens that expire before this moment; those that never expire are left out. */
  readonly expiresBefore?: Date | null | undefined
}

/**
 * The tokens of an organization or a person, newest first. Whether the caller may see them is decided before. Throws `Denied`
 * (BAD_USER_INPUT) for the cursor of another list.
 */
export async function listTokens(
  context: RequestContext,
  namespaceId: string,
  page: PageRequest,
  filter: TokenFilter,
): Promise<Page<TokenRow>> {
  if (page.after !== null && idPrefixOf(page.after) !== 'tok') throw foreignCursor()
  const matching = () =>
    applyFilter(selectTokens(kysely(context.em)).where('t.namespace_id', '=', namespaceId), filter, context.now)
  const isNarrowed = Object.values(filter).some((each) => each !== null && each !== undefined)
  const limit = page.first + 1
  const after = page.after ?? afterEveryToken
  const rows = isNarrowed
    ? await newestFirst(matching(), after, limit).execute()
    : await selectPage(context.em, { namespaceId, after, limit })
  return toPage(
    rows,
    page,
    ({ id }) => id,
    () => countRows(matching()),
  )
}

type TokenQuery = ReturnType<typeof selectTokens>

// Lists begin with the greatest id. Every token's is below this one, so that a first page is a page like any other.
const afterEveryToken = 'tok_~'

function newestFirst(query: TokenQuery, after: string | RawBuilder<string>, limit: number | RawBuilder<number>) {
  return query.where('t.id', '<', after).orderBy('t.id', 'desc').limit(limit)
}

// What nearly everybody asks for: a page without a filter.
const selectPage = statement((db, value: ValueOf<{ namespaceId: string; after: string; limit: number }>) =>
  newestFirst(selectTokens(db).where('t.namespace_id', '=', value('namespaceId')), value('after'), value('limit')),
)

function applyFilter(tokens: TokenQuery, filter: TokenFilter, now: Date): TokenQuery {
  const { status, createdBy, unusedSince, expiresBefore } = filter
  const pattern = searchPattern(filter.search)
  let query = tokens
  // Each status once, however often it is named: each is a condition that PostgreSQL has to plan.
  if (status)
    query = query.where((where) =>
      where.or([...new Set(status)].map((each) => hasStatus(where, each, now.toISOString()))),
    )
  if (pattern !== null)
    query = query.where((where) =>
      where.or([where('t.label', 'ilike', pattern), where('t.description', 'ilike', pattern)]),
    )
  // What is no name is nobody's; PostgreSQL would not even take it when it holds U+0000.
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

// The same rule as `statusOf`, where rows are chosen.
function hasStatus(
  where: ExpressionBuilder<Tables & { t: Tables['access_token'] }, 't'>,
  status: AccessTokenStatus,
  now: string,
) {
  const unexpired = where.or([where('t.expires_at', 'is', null), where('t.expires_at', '>', now)])
  switch (status) {
    case 'EXPIRED':
      return where('t.expires_at', '<=', now)
    case 'INACTIVE':
      return where.and([unexpired, where('t.deactivated_at', 'is not', null)])
    case 'ACTIVE':
      return where.and([unexpired, where('t.deactivated_at', 'is', null)])
  }
}

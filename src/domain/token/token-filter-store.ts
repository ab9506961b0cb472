import type { ExpressionBuilder, Kysely } from 'kysely'
import type { AccessTokenStatus } from '../model/access-token.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { Tables } from '../sql/tables.ts'
import { selectTokens } from './token-store.ts'

/** A status as far as it is stored. Whether the plan suspends usable tokens is not. */
export type StoredTokenStatus = Exclude<AccessTokenStatus, 'ACTIVE' | 'SUSPENDED'> | 'USABLE'

/** A filter of a list of tokens. Null or absent members do not narrow it. */
export interface StoredTokenFilter {
  readonly status?: readonly StoredTokenStatus[] | null | undefined
  /** A pattern for the label or the description. */
  readonly pattern?: string | null
  readonly createdBy?: string | null | undefined
  readonly unusedSince?: Date | null | undefined
  readonly expiresBefore?: Date | null | undefined
}

/** Whether a filter can leave tokens out. */
export function narrows(filter: StoredTokenFilter): boolean {
  return Object.values(filter).some((each) => each !== null && each !== undefined)
}

/** The tokens that a filter leaves, as a query of `TokenRow`s. */
export function selectFilteredTokens(
  db: Kysely<Tables>,
  { status, pattern, createdBy, unusedSince, expiresBefore }: StoredTokenFilter,
  now: Date,
): ReturnType<typeof selectTokens> {
  let query = selectTokens(db)
  // Each status once, because PostgreSQL plans every condition.
  if (status)
    query = query.where((where) =>
      where.or([...new Set(status)].map((each) => hasStatus(where, each, now.toISOString()))),
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
            .whereRef('l.namespace_id', '=', 't.namespace_id')
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
  status: StoredTokenStatus,
  now: string,
) {
  const unexpired = where.or([where('t.expires_at', 'is', null), where('t.expires_at', '>', now)])
  switch (status) {
    case 'EXPIRED':
      return where('t.expires_at', '<=', now)
    case 'INACTIVE':
      return where.and([unexpired, where('t.deactivated_at', 'is not', null)])
    case 'USABLE':
      return where.and([unexpired, where('t.deactivated_at', 'is', null)])
  }
}

import { type AccessTokenStatus, isSuspending } from '../model/access-token.ts'
import { mayManageTokens } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { Denied } from '../shared/errors.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { narrows, type StoredTokenStatus } from './token-filter-store.ts'
import type { ListedToken, TokensCounted, TokensWanted } from './token-list-store.ts'
import { readTokenCursor, type TokenOrder, tokenKey, tokenOrder } from './token-order.ts'
import type { TokenOwner } from './token-store.ts'

/** Which tokens to list. Absent members do not narrow the list. Tokens have to match all others. */
export interface TokenFilter {
  readonly status?: readonly AccessTokenStatus[] | null | undefined
  /** A part of the label or the description, in upper or lower case. */
  readonly search?: string | null | undefined
  /** The creator's username. */
  readonly createdBy?: string | null | undefined
  /** Tokens without a use at or after this moment. */
  readonly unusedSince?: Date | null | undefined
  /** Tokens that expire before this moment. */
  readonly expiresBefore?: Date | null | undefined
}

/**
 * The tokens of an organization or a person, newest first or in the requested order. Throws `Denied` (FORBIDDEN, and
 * BAD_USER_INPUT for the cursor of another list or order).
 */
export async function listTokens(
  { principal, settings, loaders }: Pick<RequestContext, 'principal' | 'settings'> & { readonly loaders: TokenLoaders },
  owner: TokenOwner,
  page: PageRequest,
  { search, status, ...filter }: TokenFilter,
  orderBy: TokenOrder | null | undefined,
): Promise<Page<ListedToken>> {
  if (!mayManageTokens(principal, owner.id))
    throw new Denied('FORBIDDEN', `Only those who manage the access tokens of ${owner.name} see them.`)
  const order = tokenOrder(orderBy)
  readTokenCursor(order, page)
  const isSuspended = isSuspending(owner.plan && settings.plans[owner.plan])
  const list = {
    namespaceId: owner.id,
    filter: { ...filter, status: status && toStored(status, isSuspended), pattern: searchPattern(search) },
  }
  return toPage(
    await loaders.tokenPage.load({ ...list, order, page }),
    page,
    ({ id, sortValue }) => tokenKey(order, id, sortValue ?? null),
    () => (narrows(list.filter) ? loaders.listedTokenCount.load(list) : loaders.tokenCount.load(owner.id)),
  )
}

/** Lookups that all lists of a request share, so that lists of several organizations take one statement. */
interface TokenLoaders {
  readonly tokenPage: { load(wanted: TokensWanted): Promise<readonly ListedToken[]> }
  readonly listedTokenCount: { load(list: TokensCounted): Promise<number> }
  readonly tokenCount: { load(namespaceId: string): Promise<number> }
}

/** A plan suspends either all tokens that would be active, or no token. */
function toStored(status: readonly AccessTokenStatus[], isSuspended: boolean): StoredTokenStatus[] {
  const usable = isSuspended ? 'SUSPENDED' : 'ACTIVE'
  return status.flatMap((each): StoredTokenStatus[] => {
    if (each === 'EXPIRED' || each === 'INACTIVE') return [each]
    return each === usable ? ['USABLE'] : []
  })
}

import { type AccessTokenStatus, isSuspending } from '../model/access-token.ts'
import { mayManageTokens } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { Denied } from '../shared/errors.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countListedTokens, listTokenRows, type TokensWanted } from './token-list-store.ts'
import type { TokenOwner, TokenRow } from './token-store.ts'

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
 * The tokens of an organization or a person, newest first. Throws `Denied` (FORBIDDEN, and BAD_USER_INPUT for the
 * cursor of another list).
 */
export async function listTokens(
  {
    em,
    principal,
    now,
    settings,
    loaders,
  }: Pick<RequestContext, 'em' | 'principal' | 'now' | 'settings'> & { readonly loaders: TokenLoaders },
  owner: TokenOwner,
  page: PageRequest,
  { search, ...filter }: TokenFilter,
): Promise<Page<TokenRow>> {
  if (!mayManageTokens(principal, owner.id))
    throw new Denied('FORBIDDEN', `Only those who manage the access tokens of ${owner.name} see them.`)
  if (page.after !== null && idPrefixOf(page.after) !== 'tok') throw foreignCursor()
  const isSuspended = isSuspending(owner.plan && settings.plans[owner.plan])
  const query = { namespaceId: owner.id, filter: { ...filter, pattern: searchPattern(search) }, isSuspended, now }
  const isNarrowed = Object.values(query.filter).some((each) => each !== null && each !== undefined)
  const wanted = { namespaceId: owner.id, after: page.after, limit: page.first + 1 }
  return toPage(
    await (isNarrowed ? listTokenRows(em, query, wanted.after, wanted.limit) : loaders.tokenPage.load(wanted)),
    page,
    ({ id }) => id,
    () => (isNarrowed ? countListedTokens(em, query) : loaders.tokenCount.load(owner.id)),
  )
}

/** Lookups that all lists of a request share, so that lists of several organizations take one statement. */
interface TokenLoaders {
  readonly tokenPage: { load(wanted: TokensWanted): Promise<readonly TokenRow[]> }
  readonly tokenCount: { load(namespaceId: string): Promise<number> }
}

import type { AccessTokenStatus } from '../model/access-token.ts'
import { mayManageTokens } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { Denied } from '../shared/errors.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countListedTokens, listTokenRows } from './token-list-store.ts'
import type { TokenRow } from './token-store.ts'

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
  { em, principal, now }: Pick<RequestContext, 'em' | 'principal' | 'now'>,
  owner: { readonly id: string; readonly name: string },
  page: PageRequest,
  { search, ...filter }: TokenFilter,
): Promise<Page<TokenRow>> {
  if (!mayManageTokens(principal, owner.id))
    throw new Denied('FORBIDDEN', `Only those who manage the access tokens of ${owner.name} see them.`)
  if (page.after !== null && idPrefixOf(page.after) !== 'tok') throw foreignCursor()
  const query = { namespaceId: owner.id, filter: { ...filter, pattern: searchPattern(search) }, now }
  return toPage(
    await listTokenRows(em, query, page.after, page.first + 1),
    page,
    ({ id }) => id,
    () => countListedTokens(em, query),
  )
}

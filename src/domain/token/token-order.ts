import { idPrefixOf } from '../shared/id.ts'
import { type ListOrder, type OrderedKey, orderedKey, readOrderedKey } from '../shared/list-order.ts'
import { foreignCursor, type PageRequest } from '../shared/page.ts'

export type TokenOrderField = 'CREATED_AT' | 'LABEL' | 'LAST_USED_AT' | 'EXPIRES_AT'

export type TokenOrder = ListOrder<TokenOrderField>

/** The order to select tokens in. Null: newest first, which is the order of a list without one. */
export function tokenOrder(given: TokenOrder | null | undefined): TokenOrder | null {
  return !given || (given.field === 'CREATED_AT' && given.direction === 'DESC') ? null : given
}

/** The sort key of a token in this order. `sortValue` is null if it has no value. */
export function tokenKey(order: TokenOrder | null, id: string, sortValue: string | null): string {
  return order === null ? id : orderedKey(order, id, sortValue)
}

/** Where a page begins. Throws `Denied` (BAD_USER_INPUT) for the cursor of another list or order. */
export function readTokenCursor(order: TokenOrder | null, page: PageRequest): OrderedKey | null {
  const isTime = order?.field === 'LAST_USED_AT' || order?.field === 'EXPIRES_AT'
  const start = order === null ? page.cursor && { id: page.cursor, value: '' } : readOrderedKey(order, page, isTime)
  if (start && idPrefixOf(start.id) !== 'tok') throw foreignCursor()
  return start || null
}

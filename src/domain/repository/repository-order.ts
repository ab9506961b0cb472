import { type ListOrder, type OrderedKey, orderedKey, readOrderedKey } from '../shared/list-order.ts'
import { foreignCursor, type PageRequest } from '../shared/page.ts'

export type RepositoryOrderField = 'NAME' | 'PUSHED_AT'

export type RepositoryOrder = ListOrder<RepositoryOrderField>

/** The order to select repositories in. Null: by path, which is the order of a list without one. */
export function repositoryOrder(given: RepositoryOrder | null | undefined): RepositoryOrder | null {
  return !given || (given.field === 'NAME' && given.direction === 'ASC') ? null : given
}

/** The sort key of a repository in this order. `pushedAt` is null if it was never pushed to. */
export function repositoryKey(
  order: RepositoryOrder | null,
  { id, path }: { readonly id: string; readonly path: string },
  pushedAt: string | null,
): string {
  return order === null ? path : orderedKey(order, id, order.field === 'NAME' ? path : pushedAt)
}

/** Where a page begins. Throws `Denied` (BAD_USER_INPUT) for the cursor of another list or order. */
export function readRepositoryCursor(order: RepositoryOrder | null, page: PageRequest): OrderedKey | null {
  if (order !== null) return readOrderedKey(order, page, order.field === 'PUSHED_AT')
  if (page.cursor === null) return null
  // Paths have no capitals, with which the keys of other orders begin.
  if (/^[A-Z]/.test(page.cursor)) throw foreignCursor()
  return { id: '', value: page.cursor }
}

import { foreignCursor, type PageRequest } from './page.ts'

export const orderDirections = ['ASC', 'DESC'] as const

/** A requested order of a list, other than its own. Items with equal values are sorted by their ids. */
export interface ListOrder<Field extends string = string> {
  readonly field: Field
  readonly direction: (typeof orderDirections)[number]
}

/** Where an item is in an order. */
export interface OrderedKey {
  readonly id: string
  /** The value that the list is sorted by. Empty if the item has no value. */
  readonly value: string
}

/** The sort key of an item in a requested order. It names the order, so that another order can reject it. */
export function orderedKey({ field, direction }: ListOrder, id: string, value: string | null): string {
  return `${field}.${direction}/${id}/${value ?? ''}`
}

/**
 * Reads the cursor of a page in a requested order. Null if the page has no cursor. Throws `Denied` (BAD_USER_INPUT) for
 * the cursor of another list or order. `isTime`: the value is a time in RFC 3339.
 */
export function readOrderedKey(order: ListOrder, { cursor }: PageRequest, isTime: boolean): OrderedKey | null {
  if (cursor === null) return null
  const prefix = `${order.field}.${order.direction}/`
  const [id = '', ...rest] = cursor.startsWith(prefix) ? cursor.slice(prefix.length).split('/') : []
  const value = rest.join('/')
  if (id === '' || rest.length === 0 || (isTime && !isTimeOrNone(value))) throw foreignCursor()
  return { id, value }
}

function isTimeOrNone(value: string): boolean {
  if (value === '') return true
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) ? Date.parse(value) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString() === value
}

import { Denied } from './errors.ts'

/** How many items a page holds when nobody says. */
export const defaultPageSize = 20

/** The most that one page of a list holds. */
export const maxPageSize = 100

/** A page that was asked for: how many, and after which sort key. */
export interface PageRequest {
  readonly first: number
  readonly after: string | null
}

/** A page of a list. `count` asks the database, so only those who want the number pay for it. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly count: () => Promise<number>
}

/**
 * Checks the arguments `first` and `after` of a list. Throws `Denied` (BAD_USER_INPUT): more than `maxPageSize` is
 * refused, not clamped, so that nobody takes a part for the whole.
 */
export function parsePage(wanted: number | null | undefined, after: string | null | undefined): PageRequest {
  const first = wanted ?? defaultPageSize
  if (first < 0 || first > maxPageSize)
    throw new Denied('BAD_USER_INPUT', `\`first\` takes 0 to ${maxPageSize}. Ask for more with \`after\`.`)
  return { first, after: after === null || after === undefined ? null : decodeCursor(after) }
}

/** The page out of rows that were selected with a limit of `first + 1`. */
export function toPage<T>(
  rows: readonly T[],
  page: PageRequest,
  keyOf: (item: T) => string,
  count: () => Promise<number>,
): Page<T> {
  return {
    items: rows.slice(0, page.first),
    keyOf,
    hasNextPage: rows.length > page.first,
    hasPreviousPage: page.after !== null,
    count,
  }
}

/** A cursor: opaque to clients, the sort key to us. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

const sortKey = /^[\w./-]{1,255}$/

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (sortKey.test(key)) return key
  throw foreignCursor()
}

/** The answer to a cursor that no page of the list has given. */
export function foreignCursor(): Denied {
  return new Denied('BAD_USER_INPUT', '`after` takes a cursor of this list, as `endCursor` or `cursor` gave it.')
}

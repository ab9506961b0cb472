import { Denied } from './errors.ts'

/** The number of items per page if a request does not set it. */
export const defaultPageSize = 20

/** The maximum number of items per page. */
export const maxPageSize = 100

/** A requested page: the number of items, and the sort key that it comes after. */
export interface PageRequest {
  readonly first: number
  readonly after: string | null
}

/** A page of a list. `count` sends a statement, so it is called only if the number is requested. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly count: () => Promise<number>
}

/**
 * Parses the arguments `first` and `after` of a list. Throws `Denied` (BAD_USER_INPUT), also for more than
 * `maxPageSize` items: a smaller page could be mistaken for the whole list.
 */
export function parsePage(wanted: number | null | undefined, after: string | null | undefined): PageRequest {
  const first = wanted ?? defaultPageSize
  if (first < 0 || first > maxPageSize)
    throw new Denied('BAD_USER_INPUT', `\`first\` takes 0 to ${maxPageSize}. Ask for more with \`after\`.`)
  return { first, after: after === null || after === undefined ? null : decodeCursor(after) }
}

/** The page of rows that were selected with a limit of `first + 1`. */
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

/** A cursor, which encodes the sort key. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

const sortKey = /^[\w./-]{1,255}$/

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (sortKey.test(key)) return key
  throw foreignCursor()
}

/** The error of a cursor that is not of the list. */
export function foreignCursor(): Denied {
  return new Denied('BAD_USER_INPUT', '`after` takes a cursor of this list, as `endCursor` or `cursor` gave it.')
}

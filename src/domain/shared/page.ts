import { Denied } from './errors.ts'

/** The number of items per page if a request does not set it. */
export const defaultPageSize = 20

/** The maximum number of items per page. */
export const maxPageSize = 100

/** The arguments of a list: `first` and `after` for a page forward, `last` and `before` for one backward. */
export interface PageArguments {
  readonly first?: number | null
  readonly after?: string | null
  readonly last?: number | null
  readonly before?: string | null
}

/** A requested page. */
export interface PageRequest {
  /** The number of items. */
  readonly size: number
  /** The sort key that the page comes after; if it is backward, before. Null: the first page; if backward, the last. */
  readonly cursor: string | null
  readonly isBackward: boolean
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
 * Parses the arguments of a list (Relay cursor connections specification, section 4). `first` has a default, so with
 * `last` it counts only if it differs from `defaultFirst`. Throws `Denied` (BAD_USER_INPUT), also for more than
 * `maxPageSize` items: a smaller page could be mistaken for the whole list.
 */
export function parsePage(
  { first, after, last, before }: PageArguments,
  defaultFirst: number = defaultPageSize,
): PageRequest {
  if (!isGiven(last) && !isGiven(before))
    return { size: checkSize('first', first ?? defaultFirst), cursor: decodeCursor(after), isBackward: false }
  if (!isGiven(last))
    throw new Denied('BAD_USER_INPUT', '`before` takes `last`: the number of items before the cursor.')
  if (isGiven(after) || (isGiven(first) && first !== defaultFirst))
    throw new Denied('BAD_USER_INPUT', 'Use `first` with `after`, or `last` with `before`, and not both.')
  return { size: checkSize('last', last), cursor: decodeCursor(before), isBackward: true }
}

/** The page of rows that were selected in the direction of the page, with a limit of `size + 1`. */
export function toPage<T>(
  rows: readonly T[],
  { size, cursor, isBackward }: PageRequest,
  keyOf: (item: T) => string,
  count: () => Promise<number>,
): Page<T> {
  const items = rows.slice(0, size)
  const isContinued = rows.length > size
  const isEntered = cursor !== null
  return isBackward
    ? { items: items.reverse(), keyOf, hasNextPage: isEntered, hasPreviousPage: isContinued, count }
    : { items, keyOf, hasNextPage: isContinued, hasPreviousPage: isEntered, count }
}

/** A cursor, which encodes the sort key. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

/** The error of a cursor that is not of the list. */
export function foreignCursor(): Denied {
  return new Denied(
    'BAD_USER_INPUT',
    '`after` and `before` take a cursor of this list in the same order, as `endCursor` or `cursor` gave it.',
  )
}

// Either the key of a list in its own order, or that of another order; see `orderedKey`.
const sortKey = /^(?:[\w./-]{1,255}|[A-Z_]+\.(?:ASC|DESC)\/\w{1,40}\/\P{Cc}{0,500})$/u

function decodeCursor(cursor: string | null | undefined): string | null {
  if (!isGiven(cursor)) return null
  const key = Buffer.from(cursor, 'base64url').toString()
  if (sortKey.test(key)) return key
  throw foreignCursor()
}

function checkSize(name: 'first' | 'last', size: number): number {
  const following = name === 'first' ? 'after' : 'before'
  if (size < 0 || size > maxPageSize)
    throw new Denied('BAD_USER_INPUT', `\`${name}\` takes 0 to ${maxPageSize}. Ask for more with \`${following}\`.`)
  return size
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}

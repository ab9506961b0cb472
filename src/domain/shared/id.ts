import { encodeTime, TIME_LEN, ulid } from 'ulid'

/** What an id names; the part of every id before the underscore. */
export type IdPrefix =
  | 'com'
  | 'evt'
  | 'grp'
  | 'inv'
  | 'key'
  | 'mld'
  | 'not'
  | 'org'
  | 'rep'
  | 'sec'
  | 'ses'
  | 'sso'
  | 'tok'
  | 'usr'
  | 'whd'
  | 'whk'

/**
 * A new id: its prefix and a ULID, for example `tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM`.
 *
 * One id serves every room (database, GraphQL, the registry's `sub`, logs), says what it names, and sorts by the time it
 * was made, so that lists page by id alone.
 */
export function newId(prefix: IdPrefix, now: Date): string {
  return `${prefix}_${ulid(now.getTime())}`
}

/** The least id that could be made at a moment: every id that is made then, or later, is at least this one. */
export function leastIdAt(prefix: IdPrefix, at: Date): string {
  // ULIDs begin in 1970.
  return `${prefix}_${encodeTime(Math.max(0, at.getTime()), TIME_LEN)}${'0'.repeat(16)}`
}

const idPattern = /^(com|evt|grp|inv|key|mld|not|org|rep|sec|ses|sso|tok|usr|whd|whk)_[0-9A-HJKMNP-TV-Z]{26}$/

/** The prefix of a well-formed id, else null. What is not well-formed need not be looked up. */
export function idPrefixOf(id: string): IdPrefix | null {
  const match = idPattern.exec(id)
  return match ? (match[1] as IdPrefix) : null
}

import { encodeTime, TIME_LEN, ulid } from 'ulid'

/** The part of an id before the underscore, which says what the id is of. */
export type IdPrefix =
  | 'com'
  | 'dvr'
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
 * A new id: a prefix and a ULID, for example `tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM`. Database, API, JWTs and logs use the
 * same id. Ids sort by their time, so that lists page by id alone.
 */
export function newId(prefix: IdPrefix, now: Date): string {
  return `${prefix}_${ulid(now.getTime())}`
}

/** The least id of a moment: all ids of that moment or later are at least this one. */
export function leastIdAt(prefix: IdPrefix, at: Date): string {
  // ULIDs begin in 1970.
  return `${prefix}_${encodeTime(Math.max(0, at.getTime()), TIME_LEN)}${'0'.repeat(16)}`
}

const idPattern = /^(com|dvr|evt|grp|inv|key|mld|not|org|rep|sec|ses|sso|tok|usr|whd|whk)_[0-9A-HJKMNP-TV-Z]{26}$/

/** The prefix of a well-formed id. Null for other texts, which need no lookup. */
export function idPrefixOf(id: string): IdPrefix | null {
  const match = idPattern.exec(id)
  return match ? (match[1] as IdPrefix) : null
}

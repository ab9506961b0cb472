/** A time of a row, in RFC 3339 and UTC: `2026-11-22T07:13:27.120Z`. */
export type Timestamp = string

/** Converts PostgreSQL's text of a time in UTC, `2026-11-22 07:13:27.12+00`, which omits zeros at the end. */
export function toTimestamp(text: string): Timestamp {
  const date = text.slice(0, 10)
  const offset = text.indexOf('+', 19)
  // Most have three digits.
  if (offset === 23) return `${date}T${text.slice(11, 23)}Z`
  const fraction = text.slice(20, offset).padEnd(3, '0').slice(0, 3)
  return `${date}T${text.slice(11, 19)}.${fraction}Z`
}

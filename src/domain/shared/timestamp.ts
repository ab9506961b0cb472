/** A point in time as rows carry it, in RFC 3339 and UTC: `2026-11-22T07:13:27.120Z`. */
export type Timestamp = string

/** What PostgreSQL writes in UTC, `2026-11-22 07:13:27.12+00`, with the zeros that it leaves out at the end of the fraction. */
export function toTimestamp(text: string): Timestamp {
  const date = text.slice(0, 10)
  const offset = text.indexOf('+', 19)
  // Nine of ten have three digits.
  if (offset === 23) return `${date}T${text.slice(11, 23)}Z`
  const fraction = text.slice(20, offset).padEnd(3, '0').slice(0, 3)
  return `${date}T${text.slice(11, 19)}.${fraction}Z`
}

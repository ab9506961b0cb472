/** A point in time as rows carry it, in RFC 3339 and UTC: `2026-11-22T07:13:27.120Z`. */
export type Timestamp = string

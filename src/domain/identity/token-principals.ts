import type { UsedToken } from '../policy/principal.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { type RejectedToken, type SecretColumns, toRejectedToken } from './reject-unusable-token.ts'

/** The columns of a secret and its token that every lookup by hash selects. */
interface TokenColumns extends SecretColumns {
  readonly hash: Buffer
  readonly last_used_at: Timestamp | null
}

/**
 * What lookups by hash have found, in the order of the hashes: the principal of a token, its secret where that has ended,
 * and null where there is nothing that can be used.
 */
export function toTokenPrincipals<Row extends TokenColumns, Found>(
  hashes: readonly Buffer[],
  rows: readonly Row[],
  now: Date,
  toPrincipal: (row: Row) => Found,
): Array<Found | RejectedToken | null> {
  const byHash = new Map(rows.map((row) => [row.hash.toString('latin1'), row]))
  return hashes.map((hash) => {
    const row = byHash.get(hash.toString('latin1'))
    return row === undefined ? null : (toRejectedToken(row, now) ?? toPrincipal(row))
  })
}

/** The token in a row, as it was used. */
export function credentialToken(row: TokenColumns): UsedToken {
  return { id: row.token_id, label: row.label, secretId: row.secret_id, everUsed: row.last_used_at !== null }
}

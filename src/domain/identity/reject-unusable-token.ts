import { announce } from '../journal/announce.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { AccessTokenSecret } from '../model/access-token.ts'
import { anonymous, type Principal, usedToken, usedTokenOwnerId } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { countRejectedSecret } from './count-rejected-secret.ts'

/** A token that exists, found by a secret that opens nothing, and why. */
export interface RejectedToken {
  readonly kind: 'REFUSED_TOKEN'
  readonly reason: 'TOKEN_INACTIVE' | 'TOKEN_EXPIRED' | 'ROTATED_SECRET'
  /** The organization or person whose token it is. */
  readonly namespaceId: string
  readonly token: { readonly id: string; readonly label: string }
  readonly secret: {
    readonly id: string
    readonly hint: string
    /** When a rotation has ended it, or will; null: it is the newest. */
    readonly endsAt: Timestamp | null
    /** When it was last known to be tried after its end; null: never. */
    readonly refusedAt: Timestamp | null
  }
}

/** The columns of `access_token_secret as s` and `access_token as t` that `toRejectedToken` takes. */
export interface SecretColumns {
  readonly secret_id: string
  readonly hint: string
  readonly expires_at: Timestamp | null
  readonly refused_at: Timestamp | null
  readonly namespace_id: string
  readonly token_id: string
  readonly label: string
  readonly deactivated_at: Timestamp | null
  readonly token_expires_at: Timestamp | null
}

/** The token in a row where it opens nothing, else null. */
export function toRejectedToken(row: SecretColumns, now: Date): RejectedToken | null {
  const reason = reasonFor(row, now)
  if (reason === null) return null
  return {
    kind: 'REFUSED_TOKEN',
    reason,
    namespaceId: row.namespace_id,
    token: { id: row.token_id, label: row.label },
    secret: { id: row.secret_id, hint: row.hint, endsAt: row.expires_at, refusedAt: row.refused_at },
  }
}

function reasonFor(row: SecretColumns, now: Date): RejectedToken['reason'] | null {
  const isPast = (end: Timestamp | null) => end !== null && new Date(end) <= now
  if (isPast(row.token_expires_at)) return 'TOKEN_EXPIRED'
  if (row.deactivated_at !== null) return 'TOKEN_INACTIVE'
  return isPast(row.expires_at) ? 'ROTATED_SECRET' : null
}

// A client that goes on trying costs a write a minute, and no more.
const minIntervalMs = 60_000

/**
 * What a lookup found, without a token that is refused: that is nobody's, and the attempt is noted. So a pipeline that was
 * forgotten in a rotation is seen, and a secret that somebody else has. Throws `Denied` (TOO_MANY_REQUESTS) when nothing was
 * found that can be used, and there were too many such failures before.
 */
export async function rejectUnusableToken<Found>(
  context: Omit<RequestContext, 'principal'>,
  found: Found | RejectedToken | null,
): Promise<Found | null> {
  if (found === null) countRejectedSecret(context, null)
  if (!isRejectedToken(found)) return found
  const { namespaceId, token, reason } = found
  context.refusals.note(context, { subject: { namespaceId, tokenId: token.id }, reason })
  if (reason === 'ROTATED_SECRET') await recordLateUse(context, found)
  countRejectedSecret(context, token.id)
  return null
}

/** Notes that the token of a principal came in quotation marks, so that whoever manages it sees why it was rejected. */
export function rejectQuoted(context: Omit<RequestContext, 'principal'>, principal: Principal): void {
  const token = usedToken(principal)
  const namespaceId = usedTokenOwnerId(principal)
  if (token !== null && namespaceId !== null)
    context.refusals.note(context, { subject: { namespaceId, tokenId: token.id }, reason: 'QUOTED_SECRET' })
  countRejectedSecret(context, token?.id ?? null)
}

function isRejectedToken(found: unknown): found is RejectedToken {
  return typeof found === 'object' && found !== null && Reflect.get(found, 'kind') === 'REFUSED_TOKEN'
}

/** Keeps when a secret was last tried after its end, to the minute. The first time is an event; no other, as anyone may try. */
async function recordLateUse(
  context: Omit<RequestContext, 'principal'>,
  { namespaceId, token, secret }: RejectedToken,
): Promise<void> {
  const { now, origin } = context
  if (secret.refusedAt !== null && now.getTime() - Date.parse(secret.refusedAt) < minIntervalMs) return
  await context.em.fork().transactional(async (em) => {
    const key = { id: secret.id, token: token.id, namespace: namespaceId }
    const isFirst = (await em.nativeUpdate(AccessTokenSecret, { ...key, refusedAt: null }, { refusedAt: now })) > 0
    if (!isFirst) {
      await em.nativeUpdate(AccessTokenSecret, { ...key, refusedAt: { $lt: now } }, { refusedAt: now })
      return
    }
    const data = { hint: secret.hint, endedAt: secret.endsAt ?? '' }
    const activity = { namespaceId, action: 'access_token.late_secret_use', target: token.label, token, data } as const
    recordActivity({ ...context, principal: anonymous }, em, activity)
    const from = origin.ipAddress === null ? {} : { ipAddress: origin.ipAddress }
    const occasion = `late:${secret.id}`
    await announce(em, [
      { kind: 'ROTATED_SECRET_USED_LATE', namespaceId, at: now, token, data: { ...data, ...from }, occasion },
    ])
  })
}

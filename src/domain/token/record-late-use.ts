import { anonymous } from '../access/principal.ts'
import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import type { Timestamp } from '../timestamp.ts'
import { AccessTokenSecret } from './access-token.ts'

/** A secret that a rotation has ended, of a token that is active: it opens nothing any more. */
export interface EndedSecret {
  readonly kind: 'ENDED_SECRET'
  readonly id: string
  readonly hint: string
  readonly endedAt: Timestamp
  /** When it was last known to be tried after its end; null: never. */
  readonly refusedAt: Timestamp | null
  /** The organization or person whose token it is. */
  readonly namespaceId: string
  readonly token: { readonly id: string; readonly label: string }
}

/** The columns of `access_token_secret as s` and `access_token as t` that `endedSecret` takes. */
export interface SecretColumns {
  readonly secret_id: string
  readonly hint: string
  readonly expires_at: Timestamp | null
  readonly refused_at: Timestamp | null
  readonly namespace_id: string
  readonly token_id: string
  readonly label: string
}

/** The secret in a row when it has ended, else null. */
export function endedSecret(row: SecretColumns, now: Date): EndedSecret | null {
  if (row.expires_at === null || new Date(row.expires_at) > now) return null
  return {
    kind: 'ENDED_SECRET',
    id: row.secret_id,
    hint: row.hint,
    endedAt: row.expires_at,
    refusedAt: row.refused_at,
    namespaceId: row.namespace_id,
    token: { id: row.token_id, label: row.label },
  }
}

// A client that goes on trying costs a write a minute, and no more.
const minIntervalMs = 60_000

/**
 * What a lookup found, without an ended secret: that is nobody's, and its use is recorded. So a pipeline that was
 * forgotten in a rotation is seen, and a secret that somebody else has.
 */
export async function withoutLateUse<Found>(
  call: Omit<Call, 'principal'>,
  found: Found | EndedSecret | null,
): Promise<Found | null> {
  if (!isEndedSecret(found)) return found
  await recordLateUse(call, found)
  return null
}

function isEndedSecret(found: unknown): found is EndedSecret {
  return typeof found === 'object' && found !== null && Reflect.get(found, 'kind') === 'ENDED_SECRET'
}

/** Keeps when a secret was last tried after its end, to the minute. The first time is an event; no other, as anyone may try. */
async function recordLateUse(call: Omit<Call, 'principal'>, secret: EndedSecret): Promise<void> {
  const { now } = call
  if (secret.refusedAt !== null && now.getTime() - Date.parse(secret.refusedAt) < minIntervalMs) return
  await call.em.fork().transactional(async (em) => {
    const key = { id: secret.id, token: secret.token.id, namespace: secret.namespaceId }
    const isFirst = (await em.nativeUpdate(AccessTokenSecret, { ...key, refusedAt: null }, { refusedAt: now })) > 0
    if (!isFirst) {
      await em.nativeUpdate(AccessTokenSecret, { ...key, refusedAt: { $lt: now } }, { refusedAt: now })
      return
    }
    recordActivity({ ...call, principal: anonymous }, em, {
      namespaceId: secret.namespaceId,
      action: 'access_token.late_secret_use',
      target: secret.token.label,
      token: secret.token,
      data: { hint: secret.hint, endedAt: secret.endedAt },
    })
  })
}

import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Call } from '../call.ts'
import { type Faults, refuse } from '../errors.ts'
import { parseText } from '../text.ts'
import { AccessToken } from './access-token.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { idempotencyKeyRule } from './token-rules.ts'

const path = ['input', 'idempotencyKey']

/** A request that may be sent again under its key; null: without one. */
export interface KeyedRequest {
  /** The organization or person that the token is for. */
  readonly namespaceId: string
  readonly actorId: string
  readonly key: string | null
  /** All that is asked for: with another, the key is in use. */
  readonly wanted: object
}

/** The key of an input, if it has one. A blank key is a fault, not the same as none: whoever sends one counts on it. */
export function parseIdempotencyKey(key: string | null | undefined, faults: Faults): string | null {
  return typeof key === 'string' ? parseText(key, idempotencyKeyRule, path, faults) : null
}

/**
 * The token that this request made before, or null. Certain only while something is locked that all requests for the
 * namespace lock. Throws `InputRefused` (IDEMPOTENCY_CONFLICT).
 */
export async function findMadeToken(em: EntityManager, request: KeyedRequest): Promise<string | null> {
  const { namespaceId, actorId, key } = request
  if (key === null) return null
  const used = await em.findOne(IdempotencyKey, { namespace: namespaceId, actorId, key })
  if (used === null) return null
  if (!digestOf(request).equals(Buffer.from(used.requestDigest)))
    refuse('IDEMPOTENCY_CONFLICT', path, 'This key was used with another input. Use a new key for a new token.')
  if ((await em.count(AccessToken, { id: used.tokenId })) === 0)
    refuse(
      'IDEMPOTENCY_CONFLICT',
      path,
      'The token that this key made has been deleted. Use a new key for a new token.',
    )
  return used.tokenId
}

/** Notes the token that a request has made, in the transaction that makes it. */
export function noteMadeToken(call: Call, em: EntityManager, request: KeyedRequest, tokenId: string): void {
  const { namespaceId, actorId, key } = request
  if (key === null) return
  em.create(IdempotencyKey, {
    namespace: namespaceId,
    actorId,
    key,
    requestDigest: digestOf(request),
    tokenId,
    createdAt: call.now,
  })
}

function digestOf({ wanted }: KeyedRequest): Buffer {
  return createHash('sha256').update(JSON.stringify(wanted)).digest()
}

import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { conflictingKeys } from '../guess/budgets.ts'
import { AccessToken } from '../model/access-token.ts'
import { IdempotencyKey } from '../model/idempotency-key.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { insertIdempotencyKey } from './idempotency-key-store.ts'

const path = ['input', 'idempotencyKey']

/** A request that clients may repeat with the same key. */
export interface KeyedRequest {
  /** The organization or person that the token belongs to. */
  readonly namespaceId: string
  /** The caller: a key is their own. */
  readonly actorId: string
  /** Null: the request has no key. */
  readonly key: string | null
  /** Everything that is requested, so that no other request looks the same. */
  readonly wanted: object
}

/**
 * Claims the key of a request in the transaction that `em` is in. A concurrent request with the same key waits until
 * that has ended. Returns null if the request is new, and the id of the earlier token if it was repeated. Throws
 * `InvalidInput` (IDEMPOTENCY_CONFLICT) if the key was used for another request, or the token has been deleted; and
 * `Denied` (TOO_MANY_REQUESTS) after too many such conflicts of the person.
 */
export async function claimIdempotencyKey(
  context: RequestContext,
  em: EntityManager,
  { namespaceId, actorId, key, wanted }: KeyedRequest,
  tokenId: string,
): Promise<string | null> {
  if (key === null) return null
  const failure = { budget: conflictingKeys, subject: actorId }
  context.guesses.requireRoom(failure)
  const requestDigest = createHash('sha256').update(JSON.stringify(wanted)).digest()
  const claim = { namespaceId, actorId, key, requestDigest, tokenId, createdAt: context.now }
  if (await insertIdempotencyKey(em, claim)) return null

  const before = await em.findOneOrFail(IdempotencyKey, { namespace: namespaceId, actorId, key })
  if (!requestDigest.equals(Buffer.from(before.requestDigest))) {
    context.limits.note([context.guesses.count(failure)])
    throwInvalid('IDEMPOTENCY_CONFLICT', path, 'This key was used with another input. Use a new key.')
  }
  if ((await em.count(AccessToken, { id: before.tokenId })) === 0)
    throwInvalid('IDEMPOTENCY_CONFLICT', path, 'The token that this key was used for has been deleted. Use a new key.')
  return before.tokenId
}

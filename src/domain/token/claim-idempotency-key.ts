import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { conflictingKeys } from '../guess/budgets.ts'
import { AccessToken } from '../model/access-token.ts'
import { IdempotencyKey } from '../model/idempotency-key.ts'
import { idempotencyKeyRule } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type InputErrors, throwInvalid } from '../shared/errors.ts'
import { parseText } from '../shared/text.ts'
import { kysely } from '../sql/tables.ts'

const path = ['input', 'idempotencyKey']

/** The key of an input, if it has one. A blank key is a fault, not the same as none: whoever sends one counts on it. */
export function parseIdempotencyKey(key: string | null | undefined, errors: InputErrors): string | null {
  return typeof key === 'string' ? parseText(key, idempotencyKeyRule, path, errors) : null
}

/** A request that may be sent again under its key. */
export interface KeyedRequest {
  /** The organization or person whose token it is about. */
  readonly namespaceId: string
  /** The person who asks: a key is their own. */
  readonly actorId: string
  /** Null: without one. */
  readonly key: string | null
  /** All that is asked for, so that no request for anything else looks the same. */
  readonly wanted: object
}

/**
 * Claims the key of a request in the transaction that `em` is in: another that claims it waits until that has ended.
 * Answers null when it is to be done now, with this token, else the id of the token with which it was done before. Throws
 * `InvalidInput` (IDEMPOTENCY_CONFLICT): the key was used for another request, or that token is gone; and `Denied`
 * (TOO_MANY_REQUESTS) when the person had too many such conflicts before.
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
  const digest = createHash('sha256').update(JSON.stringify(wanted)).digest()
  const claimed = await kysely(em)
    .insertInto('idempotency_key')
    .values({
      namespace_id: namespaceId,
      actor_id: actorId,
      key,
      request_digest: digest,
      token_id: tokenId,
      created_at: context.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .execute()
  if (claimed.length > 0) return null

  const before = await em.findOneOrFail(IdempotencyKey, { namespace: namespaceId, actorId, key })
  if (!digest.equals(Buffer.from(before.requestDigest))) {
    context.limits.note([context.guesses.count(failure)])
    throwInvalid('IDEMPOTENCY_CONFLICT', path, 'This key was used with another input. Use a new key.')
  }
  if ((await em.count(AccessToken, { id: before.tokenId })) === 0)
    throwInvalid('IDEMPOTENCY_CONFLICT', path, 'The token that this key was used for has been deleted. Use a new key.')
  return before.tokenId
}

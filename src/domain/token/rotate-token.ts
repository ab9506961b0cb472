import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { recordActivity } from '../journal/record-activity.ts'
import { type AccessToken, AccessTokenSecret } from '../model/access-token.ts'
import { checkGrace } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { claimIdempotencyKey, parseIdempotencyKey } from './claim-idempotency-key.ts'
import type { GeneratedToken } from './generate-organization-token.ts'
import { insertSecret } from './insert-secret.ts'
import { lockManagedToken, requireActive } from './require-token.ts'

export interface RotateTokenInput {
  /** How long the old secret goes on beside the new one; absent or null: not at all. */
  readonly graceSeconds?: number | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

const endedSecretsAreKeptForMs = 30 * 24 * 60 * 60 * 1000

/**
 * Gives an active token a new secret; all else of it stays. The secret before ends after the grace, or with its token, and
 * soon after the new one is first used (`LastUseRecorder`). While a rotation overlaps, the one to go is that which nobody uses:
 * the new one if it never was used, else the old one; no more than two can be used. The same idempotency key with the same input answers the token without a secret.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID, also for a token of a device,
 * TOKEN_INACTIVE, TOKEN_EXPIRED, IDEMPOTENCY_CONFLICT).
 */
export async function rotateToken(
  context: RequestContext,
  id: string,
  input: RotateTokenInput,
): Promise<GeneratedToken> {
  const { user } = requirePerson(context.principal)
  return context.em.transactional(async (em) => {
    const token = await lockManagedToken(context, em, id)
    const errors = new InputErrors()
    const graceSeconds = input.graceSeconds ?? 0
    checkGrace(graceSeconds, ['input', 'graceSeconds'], errors)
    const key = parseIdempotencyKey(input.idempotencyKey, errors)
    errors.throwIfAny()
    const wanted = { operation: 'rotateToken', tokenId: token.id, graceSeconds }
    const request = { namespaceId: token.namespace, actorId: user.id, key, wanted }
    const rotated = await claimIdempotencyKey(context, em, request, token.id)
    if (rotated !== null) return { tokenId: rotated, secret: null }
    requireActive(token, context.now)
    if (token.session !== null)
      throwInvalid('INVALID', ['id'], 'A device made this token when it signed in. Sign in again on it for a new one.')

    const endsAt = endOfGrace(token, graceSeconds, context.now)
    await endSecrets(em, token, endsAt, context.now)
    const secret = insertSecret(context, em, token)
    recordActivity(context, em, {
      namespaceId: token.namespace,
      action: 'access_token.rotate',
      target: token.label,
      token,
      data: { graceSeconds: String(graceSeconds), oldSecretEndsAt: endsAt.toISOString() },
    })
    return { tokenId: token.id, secret }
  })
}

function endOfGrace({ expiresAt }: AccessToken, graceSeconds: number, now: Date): Date {
  const endsAt = new Date(now.getTime() + graceSeconds * 1000)
  return expiresAt !== null && expiresAt < endsAt ? expiresAt : endsAt
}

/**
 * Lets the newest secret end at `endsAt` and any other now, and forgets those that ended long ago. A newest secret that nobody
 * has used while one before it goes on is replaced in its place: its answer may have been lost, and jobs have the other. The
 * token is locked, and with it the first use of any of its secrets.
 */
async function endSecrets(em: EntityManager, token: AccessToken, endsAt: Date, now: Date): Promise<void> {
  const keptSince = new Date(now.getTime() - endedSecretsAreKeptForMs)
  await em.nativeDelete(AccessTokenSecret, {
    namespace: token.namespace,
    token: token.id,
    expiresAt: { $lt: keptSince },
  })
  const usable = await kysely(em)
    .selectFrom('access_token_secret')
    .select(['id', 'expires_at', 'last_used_at'])
    .where('namespace_id', '=', token.namespace)
    .where('token_id', '=', token.id)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now.toISOString())]))
    .execute()
  const isReplaced =
    usable.length > 1 && usable.some((secret) => secret.expires_at === null && secret.last_used_at === null)
  await kysely(em)
    .updateTable('access_token_secret')
    .set({
      expires_at: isReplaced
        ? sql`case when expires_at is null then ${now}::timestamptz else least(expires_at, ${endsAt}::timestamptz) end`
        : sql`case when expires_at is null then ${endsAt}::timestamptz else ${now}::timestamptz end`,
    })
    .where('id', '=', sql<string>`any(${usable.map(({ id }) => id)})`)
    .where('namespace_id', '=', token.namespace)
    .where('token_id', '=', token.id)
    .execute()
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { insertSecret } from '../identity/insert-token.ts'
import { deleteEndedSecrets, findUsableSecrets, type UsableSecret, updateSecretEnds } from '../identity/secret-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { AccessToken } from '../model/access-token.ts'
import { graceSecondsInput, idempotencyKeyInput } from '../model/token-rules.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireActor } from '../policy/require.ts'
import { daysAfter } from '../shared/duration.ts'
import { throwInvalid } from '../shared/errors.ts'
import { parseInput } from '../shared/input.ts'
import { claimIdempotencyKey } from './claim-idempotency-key.ts'
import type { GeneratedToken } from './generate-organization-token.ts'
import { checkRotatingSecret, lockRotatableToken } from './lock-rotatable-token.ts'
import { requireActive } from './require-token.ts'

export interface RotateTokenInput {
  /** How long the old secret stays valid. Absent or null: it ends at once. */
  readonly graceSeconds?: number | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

const shape = { graceSeconds: graceSecondsInput, idempotencyKey: idempotencyKeyInput }

// For so long, clients that still send an old secret are recorded.
const endedSecretDays = 30

/**
 * Gives an active token a new secret, and changes nothing else. The old secret ends after the grace, or with its token,
 * and soon after the new one is first used (`LastUseRecorder`). At most two secrets are valid: if a rotation still
 * overlaps, the unused one ends, which is the new one if it was never used, and otherwise the old one. A repeated
 * request with the same idempotency key and input returns the token without a secret. An organization token can rotate
 * itself, with TOKEN_ROTATE_SELF where the policy of its organization allows it.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID, also for a token of a device,
 * TOKEN_INACTIVE, TOKEN_EXPIRED, PLAN_REQUIRED, IDEMPOTENCY_CONFLICT).
 */
export async function rotateToken(
  context: RequestContext,
  id: string,
  input: RotateTokenInput,
): Promise<GeneratedToken> {
  const actor = requireActor(context.principal)
  const { graceSeconds, idempotencyKey: key } = parseInput(shape, input)
  return context.em.transactional(async (em) => {
    const token = await lockRotatableToken(context, em, id)
    const wanted = { operation: 'rotateToken', tokenId: token.id, graceSeconds }
    const request = { namespaceId: token.namespace, actorId: actorIdOf(actor), key, wanted }
    const rotatedId = await claimIdempotencyKey(context, em, request, token.id)
    if (rotatedId !== null) return { tokenId: rotatedId, secret: null }
    requireActive(context, token)
    if (token.session !== null)
      throwInvalid(
        'INVALID',
        ['id'],
        'A device created this token when it signed in. Sign in again on it for a new one.',
      )

    const endsAt = endOfGrace(token, graceSeconds, context.now)
    const usable = await findUsableSecrets(em, { namespaceId: token.namespace, tokenId: token.id }, context.now)
    if (actor.kind === 'ORGANIZATION_TOKEN') checkRotatingSecret(actor.token.secretId, usable)
    await endSecrets(em, token, usable, endsAt, context.now)
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

function actorIdOf(actor: ReturnType<typeof requireActor>): string {
  return actor.kind === 'ORGANIZATION_TOKEN' ? actor.token.id : actor.user.id
}

function endOfGrace({ expiresAt }: AccessToken, graceSeconds: number, now: Date): Date {
  const endsAt = new Date(now.getTime() + graceSeconds * 1000)
  return expiresAt !== null && expiresAt < endsAt ? expiresAt : endsAt
}

/**
 * Lets the newest secret end at `endsAt` and any other now. If the newest was never used while an older one is valid,
 * the newest ends now instead: its response may have been lost, and jobs use the other. The token's lock also delays
 * the first use of its secrets.
 */
async function endSecrets(
  em: EntityManager,
  token: AccessToken,
  usable: readonly UsableSecret[],
  endsAt: Date,
  now: Date,
): Promise<void> {
  const key = { namespaceId: token.namespace, tokenId: token.id }
  await deleteEndedSecrets(em, key, daysAfter(now, -endedSecretDays))
  const isNewestUnused = usable.some(({ expiresAt, lastUsedAt }) => expiresAt === null && lastUsedAt === null)
  await updateSecretEnds(
    em,
    key,
    usable.map(({ id }) => id),
    usable.length > 1 && isNewestUnused
      ? { newestEndsAt: now, othersEndAt: endsAt }
      : { newestEndsAt: endsAt, othersEndAt: now },
  )
}

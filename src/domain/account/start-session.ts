import type { EntityManager } from '@mikro-orm/postgresql'
import { Session, sessionLifetimeSeconds } from '../model/session.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import { mintSecret, type PlainSecret } from '../secrets/token-secret.ts'
import { newId } from '../shared/id.ts'

/** A new session; the secret is known to nobody but the caller. */
export interface StartedSession {
  readonly secret: PlainSecret
  readonly expiresAt: Date
}

/**
 * Starts a session for a person whose password has been verified, in the transaction that `em` is in. Their sessions that
 * have expired go: nobody can use or see them any more.
 */
export async function startSession(
  context: RequestContext,
  em: EntityManager,
  userId: string,
): Promise<StartedSession> {
  await em.nativeDelete(Session, { user: userId, expiresAt: { $lte: context.now } })
  const secret = mintSecret(context.settings.tokenBrand, 'ses')
  const expiresAt = new Date(context.now.getTime() + sessionLifetimeSeconds * 1000)
  em.create(Session, {
    id: newId('ses', context.now),
    user: userId,
    secretHash: hashSecret(secret.reveal(), context.settings.tokenHashKey),
    createdAt: context.now,
    expiresAt,
    ipAddress: context.origin.ipAddress,
    userAgent: context.origin.userAgent?.slice(0, 512) ?? null,
    deviceName: null,
  })
  return { secret, expiresAt }
}

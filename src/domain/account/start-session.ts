import type { EntityManager } from '@mikro-orm/postgresql'
import { Session, sessionLifetimeSeconds } from '../model/session.ts'
import type { Call } from '../policy/call.ts'
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
export async function startSession(call: Call, em: EntityManager, userId: string): Promise<StartedSession> {
  await em.nativeDelete(Session, { user: userId, expiresAt: { $lte: call.now } })
  const secret = mintSecret(call.settings.tokenBrand, 'ses')
  const expiresAt = new Date(call.now.getTime() + sessionLifetimeSeconds * 1000)
  em.create(Session, {
    id: newId('ses', call.now),
    user: userId,
    secretHash: hashSecret(secret.reveal(), call.settings.tokenHashKey),
    createdAt: call.now,
    expiresAt,
    ipAddress: call.origin.ipAddress,
    userAgent: call.origin.userAgent?.slice(0, 512) ?? null,
    deviceName: null,
  })
  return { secret, expiresAt }
}

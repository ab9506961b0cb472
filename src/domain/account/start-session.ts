import type { EntityManager } from '@mikro-orm/postgresql'
import { Session, sessionLifetimeSeconds } from '../model/session.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret, mintSecret, type PlainSecret } from '../secrets/token-secret.ts'
import { secondsAfter } from '../shared/duration.ts'
import { newId } from '../shared/id.ts'
import { deleteExpiredSessions } from './session-store.ts'

/** A new session. Only the caller gets the secret. */
export interface StartedSession {
  readonly secret: PlainSecret
  readonly expiresAt: Date
}

/**
 * Starts a session for a verified person, in the transaction that `em` is in. Deletes their expired sessions, which
 * nobody can use or see.
 */
export async function startSession(
  context: RequestContext,
  em: EntityManager,
  userId: string,
): Promise<StartedSession> {
  await deleteExpiredSessions(em, userId, context.now)
  const secret = mintSecret(context.settings.tokenBrand, 'ses')
  const expiresAt = secondsAfter(context.now, sessionLifetimeSeconds)
  em.create(Session, {
    id: newId('ses', context.now),
    user: userId,
    secretHash: hashSecret(secret.reveal(), context.settings.tokenHashKey),
    createdAt: context.now,
    expiresAt,
    ipAddress: context.origin.ipAddress,
    userAgent: context.origin.userAgent,
    deviceName: null,
    tokenLabel: null,
  })
  return { secret, expiresAt }
}

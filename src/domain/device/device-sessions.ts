import type { EntityManager } from '@mikro-orm/postgresql'
import { deleteExpiredSessions, deleteSession } from '../account/session-store.ts'
import { insertDeviceToken } from '../identity/insert-device-token.ts'
import { type ActivityActor, recordActivity } from '../journal/record-activity.ts'
import { deviceSessionLifetimeSeconds, Session } from '../model/session.ts'
import type { RequestContext, RequestOrigin } from '../policy/request-context.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { hashSecret } from '../secrets/token-secret.ts'
import { secondsAfter } from '../shared/duration.ts'
import { lockDevices } from './device-session-store.ts'

/** The maximum number of devices of a person. One more ends the oldest. */
export const maxDevices = 5

/** Whose device it is. */
export interface DeviceOwner {
  readonly id: string
  readonly username: string
}

/**
 * Signs out the device of the same name, and the oldest if there are as many as a person can have. The person must be
 * locked, so that of devices that sign in at once, each counts those before it.
 */
export async function makeRoomForDevice(
  context: RequestContext,
  em: EntityManager,
  owner: DeviceOwner,
  deviceName: string,
): Promise<void> {
  await deleteExpiredSessions(em, owner.id, context.now)
  const devices = await lockDevices(em, owner.id)
  const others = devices.filter((device) => device.deviceName !== deviceName)
  const tooMany = others.slice(0, Math.max(0, others.length + 1 - maxDevices))
  for (const device of devices) {
    if (device.deviceName !== deviceName && !tooMany.includes(device)) continue
    await deleteSession(em, device.sessionId)
    if (device.tokenId === null || device.label === null) continue
    recordActivity(context, em, {
      namespaceId: owner.id,
      action: 'access_token.delete',
      target: device.label,
      token: { id: device.tokenId, label: device.label },
      actor: actorOf(owner),
    })
  }
}

/** A session that a device will use, from where it asked. */
export interface NewDeviceSession {
  readonly id: string
  readonly userId: string
  readonly deviceName: string
  /** That of the secret which the device has: no session token has it. */
  readonly secretHash: Buffer
  readonly origin: Pick<RequestOrigin, 'ipAddress' | 'userAgent'>
}

/** Adds a session to the transaction that `em` is in. */
export function insertDeviceSession(
  { now }: RequestContext,
  em: EntityManager,
  { userId, origin, ...session }: NewDeviceSession,
): Session {
  return em.create(Session, {
    ...session,
    user: userId,
    createdAt: now,
    expiresAt: secondsAfter(now, deviceSessionLifetimeSeconds),
    ipAddress: origin.ipAddress,
    userAgent: origin.userAgent,
    tokenLabel: null,
  })
}

/** Adds the token of a session to the transaction that `em` is in, and records that the device has signed in. */
export function signInWithToken(
  context: RequestContext,
  em: EntityManager,
  owner: DeviceOwner,
  session: { readonly id: string; readonly deviceName: string; readonly expiresAt: Date },
): { readonly tokenId: string; readonly secret: PlainSecret; readonly secretHash: Buffer } {
  const { id: sessionId, deviceName: label, expiresAt } = session
  const { token, secret } = insertDeviceToken(context, em, { userId: owner.id, label, sessionId, expiresAt })
  recordActivity(context, em, {
    namespaceId: owner.id,
    action: 'user.device_sign_in',
    target: label,
    token,
    data: { expiresAt: expiresAt.toISOString() },
    actor: actorOf(owner),
  })
  return { tokenId: token.id, secret, secretHash: hashSecret(secret.reveal(), context.settings.tokenHashKey) }
}

function actorOf({ id, username }: DeviceOwner): ActivityActor {
  return { kind: 'USER', id, name: username }
}

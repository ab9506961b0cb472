import type { EntityManager } from '@mikro-orm/postgresql'
import { deleteExpiredSessions, deleteSession } from '../account/session-store.ts'
import { type Credentials, lockCredentials, verifyCredentials } from '../account/verify-credentials.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { deviceSessionLifetimeSeconds, Session } from '../model/session.ts'
import { labelRule } from '../model/token-rules.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { newId } from '../shared/id.ts'
import { parseInput } from '../shared/input.ts'
import { text } from '../shared/text.ts'
import { lockDevices } from './device-store.ts'
import { insertToken } from './insert-token.ts'
import { scopeOfEverything } from './personal-scopes.ts'

export interface SignInDeviceInput extends Credentials {
  readonly deviceName: string
}

const shape = { deviceName: text({ ...labelRule, name: 'name of the device' }) }

/** How many devices of a person can be signed in. One more signs the oldest out. */
export const maxDevices = 5

/**
 * Signs in a device of a person with the password: a session with a personal token of its own, which ends with it. A
 * device with the same name is signed out, and so is the oldest if there are too many.
 *
 * Throws `InvalidInput` (INVALID, and SIGN_IN_FAILED as `signIn` does) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function signInDevice(
  context: RequestContext,
  input: SignInDeviceInput,
): Promise<{ readonly tokenId: string; readonly secret: PlainSecret }> {
  const { deviceName } = parseInput(shape, input)
  const verified = await verifyCredentials(context, input, ['input'])
  const { person } = verified
  return context.em.transactional(async (em) => {
    // Concurrent sign-ins of devices wait for each other, so that each counts those before it.
    await lockCredentials(em, verified, ['input'], 'forNoKeyUpdate')
    await signOutDevices(context, em, person, deviceName)
    return startDeviceSession(context, em, person, deviceName)
  })
}

/** Signs out the device with the same name, and the oldest if there are too many. */
async function signOutDevices(
  context: RequestContext,
  em: EntityManager,
  { user }: Person,
  deviceName: string,
): Promise<void> {
  await deleteExpiredSessions(em, user.id, context.now)
  const devices = await lockDevices(em, user.id)
  const others = devices.filter((device) => device.deviceName !== deviceName)
  const tooMany = others.slice(0, Math.max(0, others.length + 1 - maxDevices))
  for (const device of devices) {
    if (device.deviceName !== deviceName && !tooMany.includes(device)) continue
    await deleteSession(em, device.sessionId)
    recordActivity(context, em, {
      namespaceId: user.id,
      action: 'access_token.delete',
      target: device.token.label,
      token: device.token,
      actor: actorOf(user),
    })
  }
}

function startDeviceSession(context: RequestContext, em: EntityManager, { user }: Person, deviceName: string) {
  const sessionId = newId('ses', context.now)
  const expiresAt = new Date(context.now.getTime() + deviceSessionLifetimeSeconds * 1000)
  const { token, secret } = insertToken(context, em, {
    id: newId('tok', context.now),
    namespaceId: user.id,
    label: deviceName,
    description: null,
    expiresAt,
    pullLimit: null,
    access: 'READ_WRITE_DELETE',
    createdById: user.id,
    scopes: [scopeOfEverything('READ_WRITE_DELETE')],
    sessionId,
  })
  em.create(Session, {
    id: sessionId,
    user: user.id,
    // The hash of the token, which no session secret has: only the token opens the session.
    secretHash: hashSecret(secret.reveal(), context.settings.tokenHashKey),
    createdAt: context.now,
    expiresAt,
    ipAddress: context.origin.ipAddress,
    userAgent: context.origin.userAgent?.slice(0, 512) ?? null,
    deviceName,
  })
  recordActivity(context, em, {
    namespaceId: user.id,
    action: 'user.device_sign_in',
    target: deviceName,
    token,
    data: { expiresAt: expiresAt.toISOString() },
    actor: actorOf(user),
  })
  return { tokenId: token.id, secret }
}

function actorOf({ id, username }: Person['user']) {
  return { kind: 'USER', id, name: username } as const
}

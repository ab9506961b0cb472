import type { EntityManager } from '@mikro-orm/postgresql'
import { type Credentials, lockCredentials, verifyCredentials } from '../account/verify-credentials.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { deviceSessionLifetimeSeconds, Session } from '../model/session.ts'
import { labelRule } from '../model/token-rules.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret } from '../secrets/secret-key.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { InputErrors } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseText } from '../shared/text.ts'
import { kysely } from '../sql/tables.ts'
import { insertPersonalToken } from './insert-personal-token.ts'
import { scopeOfEverything } from './personal-scopes.ts'

export interface SignInDeviceInput extends Credentials {
  readonly deviceName: string
}

/** How many devices of a person are signed in at once; one more, and the oldest is out. */
export const maxDevices = 5

/**
 * Signs a device of a person in with their password: a session that is opened with a personal token of its own and ends
 * with it. A device of the same name is signed out, and where there are too many, the oldest.
 *
 * Throws `InvalidInput` (INVALID, and SIGN_IN_FAILED as `signIn` does) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function signInDevice(
  context: RequestContext,
  input: SignInDeviceInput,
): Promise<{ readonly tokenId: string; readonly secret: PlainSecret }> {
  const errors = new InputErrors()
  const deviceNameRule = { ...labelRule, name: 'name of the device' }
  const deviceName = parseText(input.deviceName, deviceNameRule, ['input', 'deviceName'], errors)
  errors.throwIfAny()
  const verified = await verifyCredentials(context, input, ['input'])
  const { person } = verified

  return context.em.transactional(async (em) => {
    // Of devices that sign in at once, each counts those before it.
    await lockCredentials(em, verified, ['input'], 'forNoKeyUpdate')
    await signOutDevices(context, em, person, deviceName)
    return startDeviceSession(context, em, person, deviceName)
  })
}

/** Makes room for a device: signs out the one of the same name, and the oldest where there are as many as there may be. */
async function signOutDevices(
  context: RequestContext,
  em: EntityManager,
  { user }: Person,
  deviceName: string,
): Promise<void> {
  await em.nativeDelete(Session, { user: user.id, expiresAt: { $lte: context.now } })
  const devices = await kysely(em)
    .selectFrom('session as s')
    .innerJoin('access_token as t', 't.session_id', 's.id')
    .select(['s.id as sessionId', 's.device_name as deviceName', 't.id', 't.label'])
    .where('s.user_id', '=', user.id)
    .orderBy('s.id')
    .forUpdate('s')
    .execute()
  const others = devices.filter((device) => device.deviceName !== deviceName)
  const tooMany = others.slice(0, Math.max(0, others.length + 1 - maxDevices))
  for (const device of devices) {
    if (device.deviceName !== deviceName && !tooMany.includes(device)) continue
    await em.nativeDelete(Session, { id: device.sessionId })
    recordActivity(context, em, {
      namespaceId: user.id,
      action: 'access_token.delete',
      target: device.label,
      token: device,
      actor: actorOf(user),
    })
  }
}

function startDeviceSession(context: RequestContext, em: EntityManager, { user }: Person, deviceName: string) {
  const sessionId = newId('ses', context.now)
  const expiresAt = new Date(context.now.getTime() + deviceSessionLifetimeSeconds * 1000)
  const { token, secret } = insertPersonalToken(context, em, {
    id: newId('tok', context.now),
    userId: user.id,
    label: deviceName,
    description: null,
    expiresAt,
    access: 'READ_WRITE_DELETE',
    scopes: [scopeOfEverything('READ_WRITE_DELETE')],
    session: sessionId,
  })
  em.create(Session, {
    id: sessionId,
    user: user.id,
    // No session secret has this hash: the session is opened with the token alone.
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

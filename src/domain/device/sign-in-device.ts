import { type Credentials, lockCredentials, verifyCredentials } from '../account/verify-credentials.ts'
import { deviceSessionLifetimeSeconds } from '../model/session.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { secondsAfter } from '../shared/duration.ts'
import { newId } from '../shared/id.ts'
import { parseInput } from '../shared/input.ts'
import { requireGenerationRate } from '../token/require-generation-rate.ts'
import { deviceNameInput } from './device-name.ts'
import { insertDeviceSession, makeRoomForDevice, signInWithToken } from './device-sessions.ts'

export interface SignInDeviceInput extends Credentials {
  readonly deviceName: string
}

/**
 * Signs in a device of a person with their password: a session that is used with a personal token of its own. A
 * device of the same name is signed out, and the oldest if there are too many.
 *
 * Throws `InvalidInput` (INVALID, and SIGN_IN_FAILED as `signIn` does) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function signInDevice(
  context: RequestContext,
  input: SignInDeviceInput,
): Promise<{ readonly tokenId: string; readonly secret: PlainSecret }> {
  const { deviceName } = parseInput({ deviceName: deviceNameInput }, { deviceName: input.deviceName })
  const verified = await verifyCredentials(context, input, ['input'])
  const { user } = verified.person

  return context.em.transactional(async (em) => {
    await lockCredentials(em, verified, ['input'], 'forNoKeyUpdate')
    await requireGenerationRate(context, em, user.id)
    await makeRoomForDevice(context, em, user, deviceName)
    const id = newId('ses', context.now)
    const expiresAt = secondsAfter(context.now, deviceSessionLifetimeSeconds)
    const { tokenId, secret, secretHash } = signInWithToken(context, em, user, { id, deviceName, expiresAt })
    insertDeviceSession(context, em, { id, userId: user.id, deviceName, secretHash, origin: context.origin })
    return { tokenId, secret }
  })
}

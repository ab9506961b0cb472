import { lockUser } from '../account/user-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { hashSecret, mintSecret } from '../secrets/token-secret.ts'
import { newId } from '../shared/id.ts'
import { requireGenerationRate } from '../token/require-generation-rate.ts'
import { type DeviceRequestRow, lockOpenDeviceRequest, updateApproved } from './device-request-store.ts'
import { insertDeviceSession, makeRoomForDevice } from './device-sessions.ts'
import { guessUserCode, requireOpenRequest, throwUnknownUserCode } from './guess-user-code.ts'

/**
 * Signs in the device that waits with a user code, as the caller. The device's session begins now, so that whatever
 * ends sessions ends it, too, before the device has come for its token. A device of the same name is signed out, and
 * the oldest if there are too many.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID,
 * NOT_FOUND).
 */
export async function approveDevice(context: RequestContext, userCode: string): Promise<DeviceRequestRow> {
  const { user } = requirePerson(context.principal)
  const open = requireOpenRequest(context, userCode)
  const approved = await guessUserCode(context, () =>
    context.em.transactional(async (em) => {
      await lockUser(em, user.id)
      await requireGenerationRate(context, em, user.id)
      const request = await lockOpenDeviceRequest(em, open)
      if (request === null) return null
      const { deviceName, clientId, ipAddress } = request
      await makeRoomForDevice(context, em, user, deviceName)
      const sessionId = newId('ses', context.now)
      // Nobody has this secret: nothing uses the session until the device has its token.
      const unused = mintSecret(context.settings.tokenBrand, 'pat')
      const secretHash = hashSecret(unused.reveal(), context.settings.tokenHashKey)
      insertDeviceSession(context, em, { id: sessionId, userId: user.id, deviceName, secretHash, origin: request })
      await em.flush()
      await updateApproved(em, request.id, sessionId)
      recordActivity(context, em, {
        namespaceId: user.id,
        action: 'user.device_approve',
        target: deviceName,
        data: { client: clientId, ...(ipAddress !== null && { deviceAddress: ipAddress }) },
      })
      return request
    }),
  )
  return approved ?? throwUnknownUserCode()
}

import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { type DeviceRequestRow, lockOpenDeviceRequest, updateDenied } from './device-request-store.ts'
import { guessUserCode, requireOpenRequest, throwUnknownUserCode } from './guess-user-code.ts'

/**
 * Denies the device that waits with a user code. Nobody can approve it afterwards.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token, TOO_MANY_REQUESTS) and `InvalidInput` (INVALID,
 * NOT_FOUND).
 */
export async function denyDevice(context: RequestContext, userCode: string): Promise<DeviceRequestRow> {
  const { user } = requirePerson(context.principal)
  const open = requireOpenRequest(context, userCode)
  const denied = await guessUserCode(context, () =>
    context.em.transactional(async (em) => {
      const request = await lockOpenDeviceRequest(em, open)
      if (request === null) return null
      await updateDenied(em, request.id, context.now)
      const { deviceName: target, clientId: client, ipAddress } = request
      const data = { client, ...(ipAddress !== null && { deviceAddress: ipAddress }) }
      recordActivity(context, em, { namespaceId: user.id, action: 'user.device_deny', target, data })
      return request
    }),
  )
  return denied ?? throwUnknownUserCode()
}

import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { type DeviceRequestRow, findOpenDeviceRequest } from './device-request-store.ts'
import { guessUserCode, toOpenRequest } from './guess-user-code.ts'

/**
 * The device that waits with a user code; null if none does, for every reason. Throws `Denied` (UNAUTHENTICATED,
 * FORBIDDEN for an access token, TOO_MANY_REQUESTS).
 */
export async function findDeviceRequest(context: RequestContext, userCode: string): Promise<DeviceRequestRow | null> {
  requirePerson(context.principal)
  const open = toOpenRequest(context, userCode)
  return open && guessUserCode(context, () => findOpenDeviceRequest(context.em, open))
}

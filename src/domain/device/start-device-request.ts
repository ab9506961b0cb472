import { deviceRequests } from '../guess/budgets.ts'
import type { Charge } from '../guess/failure-counter.ts'
import { deviceRequestLifetimeSeconds, pollIntervalSeconds } from '../model/device-request.ts'
import type { RequestContext, Settings } from '../policy/request-context.ts'
import { hashSecret, mintSecret, type PlainSecret } from '../secrets/token-secret.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { secondsAfter } from '../shared/duration.ts'
import { newId } from '../shared/id.ts'
import { parseInput } from '../shared/input.ts'
import { text } from '../shared/text.ts'
import { deviceNameInput } from './device-name.ts'
import { insertDeviceRequest } from './device-request-store.ts'
import { newUserCode, showUserCode } from './user-code.ts'

export interface StartDeviceRequestInput {
  /** What the program calls itself. Programs need no registration. */
  readonly clientId: string | null
  /** Null: the program's name. */
  readonly deviceName: string | null
}

export interface StartedDeviceRequest {
  /** Only the device has it. */
  readonly deviceCode: PlainSecret
  /** The person compares or types it. */
  readonly userCode: string
  readonly expiresInSeconds: number
  readonly intervalSeconds: number
}

export const clientIdInput = text({ name: 'client_id', minLength: 1, maxLength: 100 })

// With 20^8 codes and few requests, not even a second try is needed.
const maxTries = 5

/**
 * Starts the sign-in of a device that a person will approve in a browser (RFC 8628, section 3.1). It counts as a
 * failure of its network until the device has its token.
 *
 * Throws `InvalidInput` (INVALID) and `Denied` (TOO_MANY_REQUESTS).
 */
export async function startDeviceRequest(
  context: RequestContext,
  input: StartDeviceRequestInput,
): Promise<StartedDeviceRequest> {
  const { clientId, deviceName = clientId } = parseInput(
    { clientId: clientIdInput, deviceName: deviceNameInput.optional() },
    { clientId: input.clientId, deviceName: input.deviceName ?? undefined },
    [],
  )
  const { origin, now, settings } = context
  context.limits.note(await context.guesses.charge([deviceRequestCharge(settings, origin.ipAddress)]))
  const deviceCode = mintSecret(settings.tokenBrand, 'dvc')
  for (let tries = 0; tries < maxTries; tries++) {
    const userCode = newUserCode()
    const isInserted = await insertDeviceRequest(context.em, {
      id: newId('dvr', now),
      deviceCodeHash: hashSecret(deviceCode.reveal(), settings.tokenHashKey),
      userCodeHash: hashSecret(userCode, settings.tokenHashKey),
      clientId,
      deviceName,
      ipAddress: origin.ipAddress,
      userAgent: origin.userAgent,
      createdAt: now,
      expiresAt: secondsAfter(now, deviceRequestLifetimeSeconds),
      intervalSeconds: pollIntervalSeconds,
    })
    if (isInserted)
      return {
        deviceCode,
        userCode: showUserCode(userCode),
        expiresInSeconds: deviceRequestLifetimeSeconds,
        intervalSeconds: pollIntervalSeconds,
      }
  }
  throw new Error('No user code was free.')
}

/** What a request counts against, from its start until the device has its token. */
export function deviceRequestCharge({ hourlyRates }: Settings, ipAddress: string | null): Charge {
  return { budget: { ...deviceRequests, failures: hourlyRates.deviceRequests }, subject: clientNetwork(ipAddress) }
}

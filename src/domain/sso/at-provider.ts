import type { LongRequestContext } from '../policy/request-context.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Denied } from '../shared/errors.ts'
import { providerTimeoutSeconds } from './openid.ts'

// Of one network. Large offices sign in at nine, and a provider takes a tenth of a second.
const maxOfOrganization = 32
const maxOfNetwork = 64

/** The requests that wait for a provider now, by network, and by network and organization. */
const waiting = new Map<string, number>()

/**
 * Waits for the provider of an organization. Meanwhile the request keeps no other request of its network waiting: a
 * provider can take seconds, and anybody can run one. One network can have 64 such requests at once, and 32 of them
 * for one organization. Throws `Denied` (TOO_MANY_REQUESTS).
 */
export async function atProvider<T>(
  { origin, leavePlace }: LongRequestContext,
  organizationId: string,
  work: () => Promise<T>,
): Promise<T> {
  const network = clientNetwork(origin.ipAddress)
  const limits = [
    { key: network, max: maxOfNetwork },
    { key: `${network} ${organizationId}`, max: maxOfOrganization },
  ]
  if (limits.some(({ key, max }) => (waiting.get(key) ?? 0) >= max)) throw tooManyWait()
  for (const { key } of limits) waiting.set(key, (waiting.get(key) ?? 0) + 1)
  leavePlace()
  try {
    return await work()
  } finally {
    for (const { key } of limits) {
      const left = (waiting.get(key) ?? 1) - 1
      if (left === 0) waiting.delete(key)
      else waiting.set(key, left)
    }
  }
}

function tooManyWait(): Denied {
  return new Denied(
    'TOO_MANY_REQUESTS',
    'Too many requests from your network are waiting for the sign-in of an organization. ' +
      `Try again in ${providerTimeoutSeconds} seconds.`,
    { seconds: providerTimeoutSeconds, limits: [] },
  )
}

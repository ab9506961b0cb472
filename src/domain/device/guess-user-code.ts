import { userCodesOfAccount, userCodesOfNetwork } from '../guess/budgets.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { hashSecret } from '../secrets/token-secret.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import type { OpenRequest } from './device-request-store.ts'
import { parseUserCode } from './user-code.ts'

/** The request that a typed user code could name; null if no request has such a code. */
export function toOpenRequest({ settings, now }: RequestContext, typed: string): OpenRequest | null {
  const code = parseUserCode(typed)
  return code === null ? null : { userCodeHash: hashSecret(code, settings.tokenHashKey), now }
}

/** As `toOpenRequest`. Throws `InvalidInput` (INVALID). */
export function requireOpenRequest(context: RequestContext, typed: string): OpenRequest {
  return (
    toOpenRequest(context, typed) ??
    throwInvalid('INVALID', ['userCode'], 'Give the code that the device shows: eight letters, such as WDJB-MJHT.')
  )
}

/**
 * Returns what `find` finds for a user code. A code of no open request counts as a failure of the person and of the
 * network, before it is looked up, so that attempts at the same time are no more than allowed. Throws `Denied`
 * (TOO_MANY_REQUESTS).
 */
export async function guessUserCode<Found>(
  context: RequestContext,
  find: () => Promise<Found | null>,
): Promise<Found | null> {
  const { user } = requirePerson(context.principal)
  const charges = [
    { budget: userCodesOfAccount, subject: user.id },
    { budget: userCodesOfNetwork, subject: clientNetwork(context.origin.ipAddress) },
  ]
  const left = await context.guesses.charge(charges).catch((error: unknown) => {
    if (error instanceof Denied) context.limits.noteWait(error.wait)
    throw error
  })
  let isFailure = false
  try {
    const found = await find()
    isFailure = found === null
    return found
  } finally {
    if (isFailure) context.limits.note(left)
    else await context.guesses.giveBack(charges)
  }
}

/** Throws `InvalidInput` (NOT_FOUND): no device waits for a decision with this code. */
export function throwUnknownUserCode(): never {
  throwInvalid(
    'NOT_FOUND',
    ['userCode'],
    'No device waits with this code. Check the letters, or have the device show a new one: codes expire, and count once.',
  )
}

import { lockUser } from '../account/user-store.ts'
import { countRejectedSecret } from '../identity/reject-secret.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { hashSecret, type PlainSecret, recognizeSecret } from '../secrets/token-secret.ts'
import { parseInput } from '../shared/input.ts'
import { deleteApproved, updatePolled } from './device-request-store.ts'
import { lockDeviceSession } from './device-session-store.ts'
import { type DeviceOwner, signInWithToken } from './device-sessions.ts'
import { clientIdInput, deviceRequestCharge } from './start-device-request.ts'

/** What a device gets for its code. `EARLY`: it must wait longer between requests from now on. */
export type DeviceCodeOutcome =
  | { readonly kind: 'SIGNED_IN'; readonly secret: PlainSecret; readonly expiresAt: Date }
  | { readonly kind: 'PENDING' | 'EARLY' | 'DENIED' | 'EXPIRED' | 'UNKNOWN' }

export interface DeviceCodeInput {
  readonly deviceCode: string
  readonly clientId: string
}

/**
 * Gives an approved device its token, once; otherwise tells it why not (RFC 8628, section 3.5). A malformed code
 * costs no statement. Unknown codes count like unknown tokens.
 *
 * Throws `InvalidInput` (INVALID), and `Denied` (TOO_MANY_REQUESTS) for a code of no request, after too many of them.
 */
export async function redeemDeviceCode(
  context: RequestContext,
  { deviceCode, clientId: givenId }: DeviceCodeInput,
): Promise<DeviceCodeOutcome> {
  const { clientId } = parseInput({ clientId: clientIdInput }, { clientId: givenId }, [])
  const { em, now, settings } = context
  const code = recognizeSecret(settings.tokenBrand, deviceCode)
  const request =
    code?.kind === 'dvc'
      ? await updatePolled(em, { deviceCodeHash: hashSecret(code.reveal(), settings.tokenHashKey), clientId, now })
      : null
  if (request === null) {
    countRejectedSecret(context, null)
    return { kind: 'UNKNOWN' }
  }
  if (request.expiresAt <= now.toISOString()) return { kind: 'EXPIRED' }
  if (request.deniedAt !== null) return { kind: 'DENIED' }
  const { id, sessionId, userId, username, ipAddress } = request
  if (sessionId === null || userId === null || username === null) return { kind: request.isEarly ? 'EARLY' : 'PENDING' }
  const outcome = await signIn(context, { requestId: id, sessionId, owner: { id: userId, username } })
  if (outcome.kind === 'SIGNED_IN') await context.guesses.giveBack([deviceRequestCharge(context.settings, ipAddress)])
  return outcome
}

/** The person is locked like everywhere else before their sessions and requests. */
function signIn(
  context: RequestContext,
  { requestId, sessionId, owner }: { requestId: string; sessionId: string; owner: DeviceOwner },
): Promise<DeviceCodeOutcome> {
  return context.em.transactional(async (em): Promise<DeviceCodeOutcome> => {
    await lockUser(em, owner.id)
    const session = (await deleteApproved(em, requestId)) ? await lockDeviceSession(em, sessionId) : null
    // Another poll was first, or the session has ended since.
    if (session?.deviceName == null) return { kind: 'UNKNOWN' }
    const { deviceName, expiresAt } = session
    const { secret, secretHash } = signInWithToken(context, em, owner, { id: sessionId, deviceName, expiresAt })
    session.secretHash = secretHash
    return { kind: 'SIGNED_IN', secret, expiresAt }
  })
}

import { rejectedSecrets } from '../guess/budgets.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { anonymous } from '../policy/principal.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { hashSecret } from '../secrets/token-secret.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { findDeviceOwner, lockTokenlessSession } from './device-store.ts'
import { insertDeviceToken } from './insert-device-token.ts'
import type { UnauthenticatedContext } from './reject-secret.ts'

/**
 * Creates the token of a device again, with the secret that the device uses, if the token was deleted and the
 * device's session lives. Returns whether the token can be looked up now. A username, if there is one, must be that
 * of the person.
 *
 * Costs one statement for a secret of no device, and no statement once the network has used up its rejected secrets.
 */
export async function recreateDeviceToken(
  context: UnauthenticatedContext,
  secret: PlainSecret,
  username: string | null,
): Promise<boolean> {
  const { guesses, origin, settings, now } = context
  if (!guesses.hasRoom({ budget: rejectedSecrets, subject: clientNetwork(origin.ipAddress) })) return false
  const hash = hashSecret(secret.reveal(), settings.tokenHashKey)
  const device = await findDeviceOwner(context.em, hash, now)
  if (device === null || (username !== null && username !== device.username)) return false
  const { userId } = device
  await context.em.fork().transactional(async (em) => {
    const session = await lockTokenlessSession(em, hash)
    // Another request was first, or the session has ended since.
    if (session?.tokenLabel == null) return
    const { id: sessionId, tokenLabel: label, expiresAt } = session
    const { token } = insertDeviceToken(context, em, { userId, label, sessionId, expiresAt }, secret)
    session.tokenLabel = null
    recordActivity({ ...context, principal: anonymous }, em, {
      namespaceId: userId,
      action: 'access_token.recreate',
      target: token.label,
      token,
      data: { expiresAt: expiresAt.toISOString() },
      actor: { kind: 'PERSONAL_TOKEN', id: token.id, name: device.username },
    })
  })
  return true
}

import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { encrypt } from '../secrets/secret-key.ts'
import { daySeconds, secondsAfter } from '../shared/duration.ts'
import type { SecretWebhook } from './create-webhook.ts'
import { lockManagedWebhook } from './require-webhook.ts'
import { generateSigningSecret } from './signing-secret.ts'
import { toWebhookRow } from './webhook-store.ts'

/** How long the old secret also signs after a rotation. */
export const overlapSeconds = daySeconds

/**
 * Replaces the secret that a webhook's deliveries are signed with. For a day, both secrets sign, so that the receiver
 * can be changed meanwhile.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function rotateWebhookSecret(context: RequestContext, id: string): Promise<SecretWebhook> {
  const { bytes, text: secret } = generateSigningSecret()
  return context.em.transactional(async (em) => {
    const webhook = await lockManagedWebhook(context, em, id)
    webhook.encryptedPreviousSecret = webhook.encryptedSecret
    webhook.previousSecretEndsAt = secondsAfter(context.now, overlapSeconds)
    webhook.encryptedSecret = encrypt(bytes, context.settings.encryptionKey)
    recordActivity(context, em, {
      namespaceId: webhook.namespace,
      action: 'webhook.secret_rotate',
      target: webhook.url,
    })
    return { webhook: toWebhookRow(webhook), secret }
  })
}

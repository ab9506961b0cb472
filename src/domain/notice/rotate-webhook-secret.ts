import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { encrypt } from '../secrets/secret-key.ts'
import type { SecretWebhook } from './create-webhook.ts'
import { toWebhookRow } from './find-webhook.ts'
import { lockWebhook } from './require-webhook.ts'
import { mintSigningSecret } from './signing-secret.ts'

/** For how long after a rotation the secret before it signs as well. */
export const overlapSeconds = 86_400

/**
 * Gives a webhook another secret to sign with. For a day, both sign, so that the receiver can be changed meanwhile.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function rotateWebhookSecret(context: RequestContext, id: string): Promise<SecretWebhook> {
  const { bytes, text: secret } = mintSigningSecret()
  return context.em.transactional(async (em) => {
    const webhook = await lockWebhook(context, em, id)
    webhook.encryptedPreviousSecret = webhook.encryptedSecret
    webhook.previousSecretEndsAt = new Date(context.now.getTime() + overlapSeconds * 1000)
    webhook.encryptedSecret = encrypt(bytes, context.settings.encryptionKey)
    recordActivity(context, em, {
      namespaceId: webhook.namespace,
      action: 'webhook.secret_rotate',
      target: webhook.url,
    })
    return { webhook: toWebhookRow(webhook), secret }
  })
}

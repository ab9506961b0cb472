import type { EntityManager } from '@mikro-orm/postgresql'
import type { DeliveryStatus } from '../model/delivery.ts'
import { decrypt } from '../secrets/secret-key.ts'
import { type Attempt, withoutResponse } from './attempt.ts'
import { type ClaimedDelivery, lockDueDeliveries } from './delivery-queue-store.ts'
import { mailText } from './mail-text.ts'
import type { Mailer } from './mailer.ts'
import type { WebhookNetworks } from './network.ts'
import { noticeBody } from './notice-body.ts'
import { postWebhook } from './post-webhook.ts'
import { settleDelivery } from './settle-delivery.ts'
import { signedHeaders } from './signing-secret.ts'

export interface DelivererOptions {
  readonly startEntityManager: () => EntityManager
  readonly encryptionKey: Buffer
  readonly networks: WebhookNetworks
  /** Null if the installation sends no mail. */
  readonly mailer: Mailer | null
  /** The URL of this installation, for links in mails. */
  readonly publicUrl: string
  readonly onSettled: (channel: DeliveryChannel, status: DeliveryStatus) => void
  readonly onFault: (error: unknown) => void
}

export const deliveryChannels = ['webhook', 'mail'] as const
export type DeliveryChannel = (typeof deliveryChannels)[number]

// The maximum number of deliveries in progress, in one claim, and in progress to one receiver.
const maxInProgress = 256
const maxClaimed = 32
const maxPerReceiver = 4

// Longer than the longest attempt, with the wait for a connection to the mail server.
const leaseMs = 120_000

/** How long deliveries in progress may continue after a stop has started. */
const graceMs = 2_000

/**
 * Sends due deliveries. It does not wait for deliveries in progress, so that a slow receiver delays only its own
 * deliveries.
 */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #inProgress = new Map<Promise<void>, string>()
  readonly #stopping = new AbortController()

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  /** Claims due deliveries and starts to send them. */
  async run(now: Date): Promise<void> {
    for (;;) {
      const limit = Math.min(maxClaimed, maxInProgress - this.#inProgress.size)
      if (limit === 0 || this.#stopping.signal.aborted) return
      const claimed = await lockDueDeliveries(this.#options.startEntityManager(), {
        now: now.toISOString(),
        leaseEndsAt: new Date(now.getTime() + leaseMs).toISOString(),
        busy: this.#busy(),
        limit,
      })
      for (const delivery of claimed) this.#start(delivery)
      if (claimed.length < limit) return
    }
  }

  /** Waits for deliveries in progress, for a short time, and leaves the rest to other instances. */
  async stop(): Promise<void> {
    const deadline = setTimeout(() => this.#stopping.abort(), graceMs)
    await Promise.all(this.#inProgress.keys())
    clearTimeout(deadline)
    this.#options.mailer?.close()
  }

  #busy(): string[] {
    const counts = new Map<string, number>()
    for (const receiver of this.#inProgress.values()) counts.set(receiver, (counts.get(receiver) ?? 0) + 1)
    return [...counts].filter(([, count]) => count >= maxPerReceiver).map(([receiver]) => receiver)
  }

  #start(delivery: ClaimedDelivery): void {
    const work: Promise<void> = this.#deliver(delivery)
      .catch(this.#options.onFault)
      .finally(() => this.#inProgress.delete(work))
    this.#inProgress.set(work, delivery.webhookId ?? 'mail')
  }

  async #deliver(delivery: ClaimedDelivery): Promise<void> {
    const attempt = await (delivery.webhookId === null ? this.#mail(delivery) : this.#post(delivery))
    const status = await settleDelivery(this.#options.startEntityManager(), delivery, attempt, new Date())
    this.#options.onSettled(delivery.webhookId === null ? 'mail' : 'webhook', status)
  }

  async #post(delivery: ClaimedDelivery): Promise<Attempt> {
    const { id, url, isActive, encryptedSecret, encryptedPreviousSecret, previousSecretEndsAt } = delivery
    if (!isActive || url === null || encryptedSecret === null)
      return withoutResponse('UNDELIVERABLE', 'The webhook is inactive.')
    const now = new Date()
    const isOverlapping = previousSecretEndsAt !== null && new Date(previousSecretEndsAt) > now
    const secrets = [
      encryptedSecret,
      ...(isOverlapping && encryptedPreviousSecret ? [encryptedPreviousSecret] : []),
    ].map((secret) => decrypt(secret, this.#options.encryptionKey))
    const body = noticeBody(delivery)
    const headers = signedHeaders(id, body, secrets, now)
    return postWebhook({ url, body, headers }, this.#options.networks, this.#stopping.signal)
  }

  async #mail(delivery: ClaimedDelivery): Promise<Attempt> {
    const { mailer, publicUrl } = this.#options
    if (mailer === null) return withoutResponse('UNDELIVERABLE', 'This installation sends no mail.')
    if (delivery.email === null)
      return withoutResponse('UNDELIVERABLE', 'The person has no address, or is no longer an owner.')
    return mailer.send({ id: delivery.id, to: delivery.email, ...mailText(delivery, publicUrl) }, this.#stopping.signal)
  }
}

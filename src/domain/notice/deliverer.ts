import type { EntityManager } from '@mikro-orm/postgresql'
import type { DeliveryStatus } from '../model/delivery.ts'
import { decrypt } from '../secrets/secret-key.ts'
import { type Attempt, withoutAnswer } from './attempt.ts'
import { type ClaimedDelivery, claimDeliveries } from './claim-deliveries.ts'
import { mailText } from './mail-text.ts'
import type { Mailer } from './mailer.ts'
import type { WebhookNetworks } from './network.ts'
import { noticeBody } from './notice-body.ts'
import { postWebhook } from './post-webhook.ts'
import { settleDelivery } from './settle-delivery.ts'
import { signedHeaders } from './signing-secret.ts'

/** What a deliverer works with. */
export interface DelivererOptions {
  readonly startEntityManager: () => EntityManager
  readonly encryptionKey: Buffer
  readonly networks: WebhookNetworks
  /** Null: no mail is sent. */
  readonly mailer: Mailer | null
  /** What people reach this installation at. */
  readonly publicUrl: string
  readonly onSettled: (channel: DeliveryChannel, status: DeliveryStatus) => void
  readonly onFault: (error: unknown) => void
}

export const deliveryChannels = ['webhook', 'mail'] as const
export type DeliveryChannel = (typeof deliveryChannels)[number]

// All under way at once, of one claim, and of one receiver before it has to wait for some of its own to end.
const maxUnderWay = 256
const maxClaimed = 32
const maxOfOneReceiver = 4

// Longer than an attempt can take, with the wait for a connection to the mail server.
const leaseMs = 120_000

/** For how long deliveries under way may go on after a stop has begun; they are given back then. */
const graceMs = 2_000

/**
 * Sends what is due, of notices that have been announced. What is under way is not waited for, so that a slow receiver delays
 * nobody but itself.
 */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #underWay = new Map<Promise<void>, string>()
  readonly #stopping = new AbortController()

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  /** Claims what is due and begins to send it. */
  async run(now: Date): Promise<void> {
    for (;;) {
      const limit = Math.min(maxClaimed, maxUnderWay - this.#underWay.size)
      if (limit === 0 || this.#stopping.signal.aborted) return
      const claimed = await claimDeliveries(this.#options.startEntityManager(), {
        now: now.toISOString(),
        leaseEndsAt: new Date(now.getTime() + leaseMs).toISOString(),
        busy: this.#busy(),
        limit,
      })
      for (const delivery of claimed) this.#begin(delivery)
      if (claimed.length < limit) return
    }
  }

  /** Lets what is under way end, for a while, and gives back the rest for other instances to send. */
  async stop(): Promise<void> {
    const deadline = setTimeout(() => this.#stopping.abort(), graceMs)
    await Promise.all(this.#underWay.keys())
    clearTimeout(deadline)
    this.#options.mailer?.close()
  }

  #busy(): string[] {
    const counts = new Map<string, number>()
    for (const receiver of this.#underWay.values()) counts.set(receiver, (counts.get(receiver) ?? 0) + 1)
    return [...counts].filter(([, count]) => count >= maxOfOneReceiver).map(([receiver]) => receiver)
  }

  #begin(delivery: ClaimedDelivery): void {
    const work: Promise<void> = this.#deliver(delivery)
      .catch(this.#options.onFault)
      .finally(() => this.#underWay.delete(work))
    this.#underWay.set(work, delivery.webhookId ?? 'mail')
  }

  async #deliver(delivery: ClaimedDelivery): Promise<void> {
    const attempt = await (delivery.webhookId === null ? this.#mail(delivery) : this.#post(delivery))
    const status = await settleDelivery(this.#options.startEntityManager(), delivery, attempt, new Date())
    this.#options.onSettled(delivery.webhookId === null ? 'mail' : 'webhook', status)
  }

  async #post(delivery: ClaimedDelivery): Promise<Attempt> {
    const { id, url, isActive, encryptedSecret, encryptedPreviousSecret, previousSecretEndsAt } = delivery
    if (!isActive || url === null || encryptedSecret === null)
      return withoutAnswer('REFUSED', 'The webhook is inactive.')
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
    if (mailer === null) return withoutAnswer('REFUSED', 'This installation sends no mail.')
    if (delivery.email === null) return withoutAnswer('REFUSED', 'The person is not to be told any more.')
    return mailer.send({ id: delivery.id, to: delivery.email, ...mailText(delivery, publicUrl) }, this.#stopping.signal)
  }
}

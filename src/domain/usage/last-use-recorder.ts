import { setTimeout as sleep } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/postgresql'
import { usedToken, usedTokenOwnerId } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { PendingUses } from './pending-uses.ts'
import { recordNewAddresses } from './record-new-addresses.ts'
import { insertUses, type TokenUse } from './token-use-store.ts'

// Between two writes of one token.
const minWriteIntervalMs = 10_000

// So many take PostgreSQL some milliseconds, during which requests wait.
const maxUsesAtOnce = 100

/**
 * Writes last uses in batches: a token's uses within some seconds become one row of one statement, because a write per
 * request would cost more than the rest of the request. Times never go back, whichever instance writes last.
 */
export class LastUseRecorder {
  readonly #em: EntityManager
  readonly #flushIntervalMs: number
  readonly #onError: (error: unknown) => void
  /** First uses of secrets, for which requests wait. */
  readonly #first = new PendingUses()
  readonly #due = new PendingUses()
  /** Of tokens that were written within the interval. */
  readonly #later = new PendingUses()
  /** When tokens were last written, within the interval; the oldest first. */
  readonly #resting = new Map<string, number>()
  #isWaiting = false
  #writing: Promise<void> = Promise.resolve()

  constructor(em: EntityManager, flushIntervalMs: number, onError: (error: unknown) => void) {
    this.#em = em
    this.#flushIntervalMs = flushIntervalMs
    this.#onError = onError
  }

  /**
   * Records a use. The first use of a secret is written before this returns; another within two flush intervals, or
   * `minWriteIntervalMs` after the token was last written.
   */
  async record(use: TokenUse, everUsed: boolean): Promise<void> {
    const uses = this.#resting.has(use.tokenId) ? this.#later : this.#due
    const isFirst = !everUsed && !uses.includes(use)
    const key = (isFirst ? this.#first : uses).note(use)
    if (!isFirst) return this.#writeLater()
    while (this.#first.has(key)) await this.#writeBatch()
  }

  /** Writes everything pending, after the current write. What could not be written is kept for the next flush. */
  async flush(): Promise<void> {
    await this.#writing
    for (;;) {
      this.#wake(Number.POSITIVE_INFINITY)
      if (this.#first.size + this.#due.size === 0) return
      await this.#writeBatch()
    }
  }

  #writeLater(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    void this.#writeDue()
      .catch(this.#onError)
      .then(() => {
        this.#isWaiting = false
        if (this.#due.size + this.#later.size > 0) this.#writeLater()
      })
  }

  /**
   * Writes what is due after an interval, spread over the next, so that requests wait for one batch and not for all.
   */
  async #writeDue(): Promise<void> {
    await sleep(this.#flushIntervalMs, undefined, { ref: false })
    this.#wake(performance.now() - minWriteIntervalMs)
    const batches = Math.ceil(this.#due.size / maxUsesAtOnce)
    for (let written = 0; written < batches; written++) {
      const next = sleep(this.#flushIntervalMs / batches, undefined, { ref: false })
      await this.#writeBatch()
      if (written < batches - 1) await next
    }
  }

  /** Moves the uses of tokens that were last written before then to those that are due. */
  #wake(writtenBefore: number): void {
    for (const [tokenId, writtenAt] of this.#resting) {
      if (writtenAt > writtenBefore) break
      this.#resting.delete(tokenId)
    }
    for (const [key, use] of this.#later.entries())
      if (!this.#resting.has(use.tokenId)) {
        this.#later.take(key, use)
        this.#due.note(use)
      }
  }

  /** Writes some of the pending uses, after the current write. */
  #writeBatch(): Promise<void> {
    const written = this.#writing.then(async () => {
      const batch = this.#takeBatch()
      if (batch.length === 0) return
      try {
        await this.#em.fork().transactional(async (em) => {
          await recordNewAddresses(em, await insertUses(em, batch))
        })
      } catch (error) {
        for (const use of batch) {
          this.#resting.delete(use.tokenId)
          this.#due.note(use)
        }
        this.#writeLater()
        throw error
      }
    })
    this.#writing = written.catch(() => {})
    return written
  }

  /** Takes the uses that are written next. Their tokens wait for the interval then. */
  #takeBatch(): TokenUse[] {
    const batch: TokenUse[] = []
    const now = performance.now()
    for (const uses of [this.#first, this.#due])
      for (const [key, use] of uses.entries()) {
        if (batch.length === maxUsesAtOnce) return batch
        uses.take(key, use)
        const writtenAt = this.#resting.get(use.tokenId) ?? now
        // From another network than one in an earlier batch.
        if (uses === this.#due && writtenAt < now) this.#later.note(use)
        else {
          batch.push(use)
          this.#resting.delete(use.tokenId)
          this.#resting.set(use.tokenId, now)
        }
      }
    return batch
  }
}

/** Records that a request used an access token, if it did. `repository` is the requested one, if any. */
export async function recordUse(
  { principal, now, origin }: RequestContext,
  lastUses: LastUseRecorder,
  repository: string | null,
): Promise<void> {
  const token = usedToken(principal)
  const namespaceId = usedTokenOwnerId(principal)
  if (token === null || namespaceId === null) return
  const { ipAddress, userAgent: client } = origin
  const { id: tokenId, secretId } = token
  await lastUses.record({ namespaceId, tokenId, secretId, at: now, ipAddress, client, repository }, token.everUsed)
}

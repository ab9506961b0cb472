import type { EntityManager } from '@mikro-orm/postgresql'
import { recordNewAddresses } from './record-new-addresses.ts'
import type { TokenUse } from './token-use.ts'
import { writeUses } from './write-uses.ts'

/** How long the uses of a token that was just written wait. */
const minWriteIntervalMs = 10_000

// More would be a statement that holds up others.
const maxUsesAtOnce = 1_000

/**
 * Writes last uses, batched: a token's uses within some seconds become one row of one statement, because a write for each
 * request would cost more than all the rest of it. Times never move backwards, whichever instance writes last.
 */
export class LastUseRecorder {
  readonly #em: EntityManager
  readonly #flushIntervalMs: number
  readonly #onError: (error: unknown) => void
  #pending = new Map<string, TokenUse>()
  /** When the tokens were written that have been within the interval. */
  readonly #writtenAt = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(em: EntityManager, flushIntervalMs: number, onError: (error: unknown) => void) {
    this.#em = em
    this.#flushIntervalMs = flushIntervalMs
    this.#onError = onError
  }

  /**
   * Notes a use. A secret's first use ever is written before this returns; another within the flush interval, and within
   * `minWriteIntervalMs` if the token has just been written.
   */
  async record(use: TokenUse, everUsed: boolean): Promise<void> {
    // From each address, as a new one is an event.
    const key = `${use.secretId ?? use.tokenId} ${use.ipAddress}`
    const noted = this.#pending.get(key)
    if (noted === undefined || noted.at <= use.at)
      this.#pending.set(key, use.repository === null && noted ? { ...use, repository: noted.repository } : use)
    if (!everUsed && noted === undefined)
      return this.#flush((each) => each.secretId === use.secretId || this.#isDue(each))
    this.#flushLater()
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flush((use) => this.#isDue(use)).catch((error: unknown) => {
        this.#onError(error)
        this.#flushLater()
      })
    }, this.#flushIntervalMs).unref()
  }

  /** Writes all that is pending, after any write under way. What could not be written is kept for the next flush. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return this.#flush(() => true)
  }

  #flush(isDue: (use: TokenUse) => boolean): Promise<void> {
    const flushed = this.#flushing.then(() => this.#write(isDue))
    this.#flushing = flushed.catch(() => {})
    return flushed
  }

  #isDue({ tokenId }: TokenUse): boolean {
    return (this.#writtenAt.get(tokenId) ?? Number.NEGATIVE_INFINITY) <= performance.now() - minWriteIntervalMs
  }

  async #write(isDue: (use: TokenUse) => boolean): Promise<void> {
    this.#forgetWritten()
    const due = [...this.#pending].filter(([, use]) => isDue(use))
    while (due.length > 0) {
      const batch = due.splice(0, maxUsesAtOnce)
      for (const [key] of batch) this.#pending.delete(key)
      try {
        await this.#writeBatch(batch.map(([, use]) => use))
      } catch (error) {
        for (const [key, use] of batch) if (!this.#pending.has(key)) this.#pending.set(key, use)
        throw error
      }
    }
    if (this.#pending.size > 0) this.#flushLater()
  }

  async #writeBatch(uses: readonly TokenUse[]): Promise<void> {
    await this.#em.fork().transactional(async (em) => {
      await recordNewAddresses(em, await writeUses(em, uses))
    })
    const now = performance.now()
    for (const { tokenId } of uses) this.#writtenAt.set(tokenId, now)
  }

  #forgetWritten(): void {
    const past = performance.now() - minWriteIntervalMs
    for (const [tokenId, writtenAt] of this.#writtenAt) if (writtenAt <= past) this.#writtenAt.delete(tokenId)
  }
}

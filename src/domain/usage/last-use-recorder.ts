import { setTimeout as sleep } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/postgresql'
import { recordNewAddresses } from './record-new-addresses.ts'
import type { TokenUse } from './token-use.ts'
import { writeUses } from './write-uses.ts'

/** How long the uses of a token that was just written wait. */
const minWriteIntervalMs = 10_000

// That many take PostgreSQL some milliseconds, in which requests have to wait for it.
const maxUsesAtOnce = 100

/** Uses by secret and address: the newest of each. */
type Uses = Map<string, { -readonly [Property in keyof TokenUse]: TokenUse[Property] }>

/**
 * Writes last uses, batched: a token's uses within some seconds become one row of one statement, because a write for each
 * request would cost more than all the rest of it. Times never move backwards, whichever instance writes last.
 */
export class LastUseRecorder {
  readonly #em: EntityManager
  readonly #flushIntervalMs: number
  readonly #onError: (error: unknown) => void
  /** First uses of secrets, which somebody waits for. */
  readonly #first: Uses = new Map()
  readonly #due: Uses = new Map()
  /** Of tokens that are resting. */
  readonly #later: Uses = new Map()
  /** When the tokens were written that have been within the interval, the first of them first. */
  readonly #resting = new Map<string, number>()
  #isWaiting = false
  #writing: Promise<void> = Promise.resolve()

  constructor(em: EntityManager, flushIntervalMs: number, onError: (error: unknown) => void) {
    this.#em = em
    this.#flushIntervalMs = flushIntervalMs
    this.#onError = onError
  }

  /**
   * Notes a use. A secret's first use ever is written before this returns; another within two flush intervals, or
   * `minWriteIntervalMs` after the token was last written.
   */
  async record(use: TokenUse, everUsed: boolean): Promise<void> {
    const uses = this.#resting.has(use.tokenId) ? this.#later : this.#due
    const isFirst = !everUsed && !uses.has(keyOf(use))
    note(isFirst ? this.#first : uses, use)
    if (!isFirst) return this.#writeLater()
    while (this.#first.has(keyOf(use))) await this.#writeBatch()
  }

  /** Writes all that is pending, after any write under way. What could not be written is kept for the next flush. */
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

  /** Writes what will be due in a moment, spread over the moment after it: requests then wait for one batch, and not for all. */
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

  /** Makes due what waited for tokens that were last written before then. */
  #wake(writtenBefore: number): void {
    for (const [tokenId, writtenAt] of this.#resting) {
      if (writtenAt > writtenBefore) break
      this.#resting.delete(tokenId)
    }
    for (const [key, use] of this.#later)
      if (!this.#resting.has(use.tokenId)) {
        this.#later.delete(key)
        note(this.#due, use)
      }
  }

  /** Writes some of what is pending, after any write under way. */
  #writeBatch(): Promise<void> {
    const written = this.#writing.then(async () => {
      const batch = this.#takeBatch()
      if (batch.length === 0) return
      try {
        await this.#em.fork().transactional(async (em) => {
          await recordNewAddresses(em, await writeUses(em, batch))
        })
      } catch (error) {
        for (const use of batch) {
          this.#resting.delete(use.tokenId)
          note(this.#due, use)
        }
        this.#writeLater()
        throw error
      }
    })
    this.#writing = written.catch(() => {})
    return written
  }

  /** Takes what is to be written next, and lets its tokens rest. */
  #takeBatch(): TokenUse[] {
    const batch: TokenUse[] = []
    const now = performance.now()
    for (const uses of [this.#first, this.#due])
      for (const [key, use] of uses) {
        if (batch.length === maxUsesAtOnce) return batch
        uses.delete(key)
        const writtenAt = this.#resting.get(use.tokenId) ?? now
        // From another address than one of the batch before.
        if (uses === this.#due && writtenAt < now) note(this.#later, use)
        else {
          batch.push(use)
          this.#resting.delete(use.tokenId)
          this.#resting.set(use.tokenId, now)
        }
      }
    return batch
  }
}

// From each address, as a new one is an event.
function keyOf({ secretId, tokenId, ipAddress }: TokenUse): string {
  return `${secretId ?? tokenId} ${ipAddress}`
}

// What was noted is changed and not replaced: each new object would live for seconds, with the strings of its request, and
// what lives so long is work for the garbage collector.
function note(uses: Uses, use: TokenUse): void {
  const key = keyOf(use)
  const noted = uses.get(key)
  if (noted === undefined) {
    uses.set(key, { ...use })
    return
  }
  if (noted.at > use.at) return
  noted.at = use.at
  if (noted.client !== use.client) noted.client = use.client
  if (use.repository !== null && noted.repository !== use.repository) noted.repository = use.repository
}

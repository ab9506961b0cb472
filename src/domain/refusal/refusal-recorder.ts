import type { EntityManager } from '@mikro-orm/postgresql'
import { isNamespaceName } from '../model/namespace.ts'
import type { NotedRefusal, Refusal, Refusals } from '../policy/refusal.ts'
import { writeRefusals } from './write-refusals.ts'

// Who guesses from many addresses makes no more work than this, whatever the number of guesses.
const maxPending = 2_000

/**
 * Writes refused attempts, batched: those of some seconds that have all in common are one row. So a flood of them costs a
 * look at a map each, and the log of activity nothing.
 */
export class RefusalRecorder implements Refusals {
  readonly #em: EntityManager
  readonly #flushIntervalMs: number
  readonly #onError: (error: unknown) => void
  #pending = new Map<string, NotedRefusal>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(em: EntityManager, flushIntervalMs: number, onError: (error: unknown) => void) {
    this.#em = em
    this.#flushIntervalMs = flushIntervalMs
    this.#onError = onError
  }

  /** Names that nobody can have are not worth it. */
  note(context: Parameters<Refusals['note']>[0], refusal: Refusal): void {
    const { subject, reason, repository, permission } = refusal
    if ('name' in subject && !isNamespaceName(subject.name)) return
    const { ipAddress, userAgent } = context.origin
    const who = 'name' in subject ? subject.name : `${subject.namespaceId} ${subject.tokenId}`
    const key = `${who} ${reason} ${ipAddress} ${repository} ${permission}`
    const noted = this.#pending.get(key)
    if (noted !== undefined) {
      noted.attempts++
      noted.lastAt = context.now
      noted.client = userAgent
    } else if (this.#pending.size < maxPending) {
      const at = { firstAt: context.now, lastAt: context.now }
      this.#pending.set(key, { refusal, ipAddress, client: userAgent, ...at, attempts: 1 })
      this.#flushLater()
    }
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => this.flush().catch(this.#onError), this.#flushIntervalMs).unref()
  }

  /** Writes what is pending, after any write under way. What could not be written is given up: it was of no use to anybody. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const flushed = this.#flushing.then(async () => {
      const noted = [...this.#pending.values()]
      this.#pending = new Map()
      if (noted.length > 0) await writeRefusals(this.#em.fork(), noted)
    })
    this.#flushing = flushed.catch(() => {})
    return flushed
  }
}

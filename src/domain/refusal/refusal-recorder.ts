import type { EntityManager } from '@mikro-orm/postgresql'
import { isNamespaceName } from '../model/namespace.ts'
import type { NotedRefusal, Refusal, Refusals } from '../policy/refusal.ts'
import { copyOf } from '../shared/client-text.ts'
import { insertRefusedAttempts } from './refused-attempt-store.ts'

// Guesses from many addresses cause no more work than this.
const maxPending = 2_000

/**
 * Writes denied and rejected attempts in batches: equal attempts within some seconds are one row. So each attempt of a
 * flood costs a lookup in a map, and no event in the activity log.
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

  /** Names that no account can have are left out. */
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
      this.#pending.set(key, { refusal: kept(refusal), ipAddress, client: userAgent, ...at, attempts: 1 })
      this.#flushLater()
    }
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => this.flush().catch(this.#onError), this.#flushIntervalMs).unref()
  }

  /** Writes everything pending, after the current write. What could not be written is lost. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const flushed = this.#flushing.then(async () => {
      const noted = [...this.#pending.values()]
      this.#pending = new Map()
      if (noted.length > 0) await insertRefusedAttempts(this.#em.fork(), noted)
    })
    this.#flushing = flushed.catch(() => {})
    return flushed
  }
}

// The name and the repository are parts of headers, which can be long.
function kept({ subject, reason, repository, permission }: Refusal): Refusal {
  return {
    subject: 'name' in subject ? { name: copyOf(subject.name) } : subject,
    reason,
    ...(repository === undefined ? {} : { repository: copyOf(repository) }),
    ...(permission === undefined ? {} : { permission }),
  }
}

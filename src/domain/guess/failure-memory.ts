import { LRUCache } from 'lru-cache'
import type { FailuresNow } from './failure-count-store.ts'

// About 3 MB. Under an attack from more networks, the server forgets those that were idle the longest.
const maxKept = 20_000

interface Kept {
  failures: number
  /** By the clock of `performance.now()`. */
  endsAt: number
}

/** The failures that this process knows of, in windows that begin with the first failure. */
export class FailureMemory {
  readonly #kept = new LRUCache<string, Kept>({ max: maxKept })

  /** Counts failures. Returns what counts now. */
  add(key: string, failures: number, windowSeconds: number): FailuresNow {
    const now = performance.now()
    let kept = this.#kept.get(key)
    if (kept === undefined || kept.endsAt <= now) {
      kept = { failures: 0, endsAt: now + windowSeconds * 1000 }
      this.#kept.set(key, kept)
    }
    kept.failures += failures
    return { failures: kept.failures, remainingMs: kept.endsAt - now }
  }

  /** What counts now. Null: nothing. */
  get(key: string): FailuresNow | null {
    const kept = this.#kept.get(key)
    const now = performance.now()
    return kept === undefined || kept.endsAt <= now ? null : { failures: kept.failures, remainingMs: kept.endsAt - now }
  }

  /** Replaces what was known by what the database returned. */
  set(key: string, { failures, remainingMs }: FailuresNow): void {
    this.#kept.set(key, { failures, endsAt: performance.now() + remainingMs })
  }

  /** Takes failures back, down to 0. */
  takeBack(key: string, failures: number): void {
    const kept = this.#kept.get(key)
    if (kept !== undefined) kept.failures = Math.max(0, kept.failures - failures)
  }
}

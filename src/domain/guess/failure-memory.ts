import { LRUCache } from 'lru-cache'
import type { FailuresNow } from './stored-failures.ts'

// Some 3 MB. Whoever attacks from more networks than this makes the server forget those that have not come for longest.
const maxKept = 20_000

interface Kept {
  failures: number
  /** By the clock of `performance.now()`. */
  endsAt: number
}

/** Failures as far as this process knows them, in windows that begin with the first of them. */
export class FailureMemory {
  readonly #kept = new LRUCache<string, Kept>({ max: maxKept })

  /** Counts failures; returns what counts by now. */
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

  /** What counts by now; null: nothing. */
  get(key: string): FailuresNow | null {
    const kept = this.#kept.get(key)
    const now = performance.now()
    return kept === undefined || kept.endsAt <= now ? null : { failures: kept.failures, remainingMs: kept.endsAt - now }
  }

  /** Puts what the database says in the place of what was known. */
  set(key: string, { failures, remainingMs }: FailuresNow): void {
    this.#kept.set(key, { failures, endsAt: performance.now() + remainingMs })
  }

  /** Takes failures back, down to none. */
  takeBack(key: string, failures: number): void {
    const kept = this.#kept.get(key)
    if (kept !== undefined) kept.failures = Math.max(0, kept.failures - failures)
  }
}

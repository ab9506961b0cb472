import { reportsSince } from './usage-limit.ts'

/**
 * When a registry last reported something, as far as this instance knows. The time in the database only grows, so what
 * is known here is never too late.
 */
export class LastReport {
  #atMs = 0

  note(at: string | null): void {
    if (at !== null) this.#atMs = Math.max(this.#atMs, Date.parse(at))
  }

  /** Whether registries certainly report. */
  isRecent(now: Date): boolean {
    return this.#atMs > reportsSince(now).getTime()
  }
}

const minute = 60_000
const hour = 60 * minute

// After each attempt, how long until the next; after the last one there is none.
const delaysMs = [5_000, minute, 5 * minute, 30 * minute, 2 * hour, 6 * hour, 12 * hour, 24 * hour]

// So that what failed together does not come back together.
const spread = 0.2

const longestWaitMs = 24 * hour

/**
 * When to try again what was tried `attempts` times; null: not any more. A receiver may ask for a later time, `retryAfterMs`
 * from now, and is heard up to a day.
 */
export function nextAttemptAt(attempts: number, now: Date, retryAfterMs = 0): Date | null {
  const delay = delaysMs[attempts - 1]
  if (delay === undefined) return null
  const wait = Math.max(delay * (1 + spread * Math.random()), Math.min(retryAfterMs, longestWaitMs))
  return new Date(now.getTime() + wait)
}

/** The wait that a Retry-After header asks for (RFC 9110, section 10.2.3), in milliseconds; 0 for what cannot be read. */
export function parseRetryAfter(header: string | undefined, now: Date): number {
  const text = header ?? ''
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime()
  return Number.isFinite(wait) && wait > 0 ? wait : 0
}

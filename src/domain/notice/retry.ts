import { hourMs, minuteMs } from '../shared/duration.ts'

// The delay after each attempt. After the last attempt there is no other.
const delaysMs = [5_000, minuteMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 6 * hourMs, 12 * hourMs, 24 * hourMs]

// Spreads deliveries that failed together.
const spread = 0.2

const longestWaitMs = 24 * hourMs

/**
 * The time of the next attempt after `attempts` attempts. Null if there is no other. A receiver may ask for a later
 * time, `retryAfterMs` from now, up to a day.
 */
export function nextAttemptAt(attempts: number, now: Date, retryAfterMs = 0): Date | null {
  const delay = delaysMs[attempts - 1]
  if (delay === undefined) return null
  const wait = Math.max(delay * (1 + spread * Math.random()), Math.min(retryAfterMs, longestWaitMs))
  return new Date(now.getTime() + wait)
}

/** The wait of a Retry-After header (RFC 9110, section 10.2.3), in milliseconds. 0 if it is invalid or in the past. */
export function parseRetryAfter(header: string | undefined, now: Date): number {
  const text = header ?? ''
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime()
  return Number.isFinite(wait) && wait > 0 ? wait : 0
}

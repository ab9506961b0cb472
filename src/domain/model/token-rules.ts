import type { InputErrors } from '../shared/errors.ts'

/** What a token's label may be. */
export const labelRule = { name: 'label', minLength: 1, maxLength: 100 }

/** What a token's description may be. */
export const tokenDescriptionRule = { name: 'description', minLength: 0, maxLength: 200 }

/** What an idempotency key may be. */
export const idempotencyKeyRule = { name: 'idempotency key', minLength: 1, maxLength: 200 }

/** How long the old secret may be used beside the new one at most. */
export const maxGraceSeconds = 7 * 24 * 60 * 60

/** How long it may be once the new one has been used: by then it is in place. */
export const graceAfterFirstUseSeconds = 10 * 60

const maxPullLimit = 2_147_483_647

/** Adds a fault unless the limit is null (the plan's) or a number of pulls that can be counted. */
export function checkPullLimit(pullLimit: number | null, path: readonly string[], errors: InputErrors): void {
  if (pullLimit !== null && (pullLimit < 0 || pullLimit > maxPullLimit))
    errors.add('INVALID', path, 'Give a pull limit of 0 or more pulls a window, or null for the limit of the plan.')
}

/** Adds a fault unless the seconds are a time for which an old secret may be used beside the new one. */
export function checkGrace(graceSeconds: number, path: readonly string[], errors: InputErrors): void {
  if (graceSeconds < 0 || graceSeconds > maxGraceSeconds)
    errors.add(
      'INVALID',
      path,
      `Let the old secret go on for 0 to ${maxGraceSeconds} seconds, which are 7 days; with 0 it ends at once.`,
    )
}

/**
 * Adds a fault unless the token never expires, or does in the future and within a year. The advice takes into account how long
 * the organization's policy lets tokens live; null: as long as anyone likes.
 */
export function checkExpiry(
  expiresAt: Date | null,
  now: Date,
  maxLifetimeDays: number | null,
  path: readonly string[],
  errors: InputErrors,
): void {
  if (expiresAt === null) return
  const oneYearOn = oneYearAfter(now)
  if (expiresAt > now && expiresAt <= oneYearOn) return
  const when = expiresAt <= now ? 'in the future' : `within a year, by ${oneYearOn.toISOString()}`
  if (maxLifetimeDays === null) errors.add('INVALID', path, `Let the token expire ${when}, or never: leave it out.`)
  else addLifetimeFault(now, maxLifetimeDays, path, errors)
}

const dayMilliseconds = 24 * 60 * 60 * 1000

/**
 * Adds a fault where an organization's policy limits how long its tokens live, and this one would live longer or forever.
 * What `checkExpiry` refuses anyway gets no second fault.
 */
export function checkLifetime(
  expiresAt: Date | null,
  now: Date,
  maxLifetimeDays: number | null,
  path: readonly string[],
  errors: InputErrors,
): void {
  if (maxLifetimeDays === null || (expiresAt !== null && expiresAt > oneYearAfter(now))) return
  if (expiresAt === null || expiresAt > latestExpiry(now, maxLifetimeDays))
    addLifetimeFault(now, maxLifetimeDays, path, errors)
}

function addLifetimeFault(now: Date, maxLifetimeDays: number, path: readonly string[], errors: InputErrors): void {
  const days = maxLifetimeDays === 1 ? 'a day' : `${maxLifetimeDays} days`
  const latest = latestExpiry(now, maxLifetimeDays).toISOString()
  errors.add(
    'INVALID',
    path,
    `Let the token expire within ${days}, by ${latest}: the organization's policy allows no more.`,
  )
}

function latestExpiry(now: Date, maxLifetimeDays: number): Date {
  return new Date(now.getTime() + maxLifetimeDays * dayMilliseconds)
}

function oneYearAfter(now: Date): Date {
  const oneYearOn = new Date(now)
  oneYearOn.setUTCFullYear(now.getUTCFullYear() + 1)
  return oneYearOn
}

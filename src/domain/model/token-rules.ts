import { z } from 'zod'
import { daySeconds, daysAfter, minuteSeconds } from '../shared/duration.ts'
import type { UserError } from '../shared/errors.ts'
import { nullableText, text } from '../shared/text.ts'

export const labelRule = { name: 'label', minLength: 1, maxLength: 100 }
export const tokenDescriptionRule = { name: 'description', minLength: 0, maxLength: 200 }
export const idempotencyKeyRule = { name: 'idempotency key', minLength: 1, maxLength: 200 }

/** The maximum time that the old secret stays valid after a rotation. */
export const maxGraceSeconds = 7 * daySeconds

/** The maximum time that the old secret stays valid after the first use of the new one. */
export const graceAfterFirstUseSeconds = 10 * minuteSeconds

const maxPullLimit = 2_147_483_647

export const labelInput = text(labelRule)
export const tokenDescriptionInput = nullableText(tokenDescriptionRule)

/** A blank key is invalid, because a client that sends a key relies on it. */
export const idempotencyKeyInput = text(idempotencyKeyRule).nullable().default(null)

/** Pulls per window. Null means the limit of the plan. */
export const pullLimitInput = z
  .int()
  .refine(
    (pulls) => pulls >= 0 && pulls <= maxPullLimit,
    'Give a pull limit of 0 or more pulls per window, or null for the limit of the plan.',
  )
  .nullable()

/** How long the old secret stays valid after a rotation, 0 by default. */
export const graceSecondsInput = z
  .int()
  .refine(
    (seconds) => seconds >= 0 && seconds <= maxGraceSeconds,
    `Keep the old secret valid for 0 to ${maxGraceSeconds} seconds, which are 7 days; with 0 it expires at once.`,
  )
  .nullish()
  .transform((seconds) => seconds ?? 0)

/**
 * The error of an expiry that is in the past or more than a year ahead. Null means that the token never expires. The
 * message mentions the maximum lifetime that the organization's policy sets; null means unlimited.
 */
export function expiryErrors(
  expiresAt: Date | null,
  now: Date,
  maxLifetimeDays: number | null,
  path: readonly string[],
): UserError[] {
  if (expiresAt === null) return []
  const oneYearOn = oneYearAfter(now)
  if (expiresAt > now && expiresAt <= oneYearOn) return []
  if (maxLifetimeDays !== null) return [lifetimeError(now, maxLifetimeDays, path)]
  const when = expiresAt <= now ? 'in the future' : `within a year, by ${oneYearOn.toISOString()}`
  return [{ code: 'INVALID', path, message: `Let the token expire ${when}, or never: leave it out.` }]
}

/**
 * The error of an expiry that is later than the organization's policy allows. `expiryErrors` has the errors of expiries
 * more than a year ahead.
 */
export function lifetimeErrors(
  expiresAt: Date | null,
  now: Date,
  maxLifetimeDays: number | null,
  path: readonly string[],
): UserError[] {
  if (maxLifetimeDays === null || (expiresAt !== null && expiresAt > oneYearAfter(now))) return []
  const isTooLate = expiresAt === null || expiresAt > daysAfter(now, maxLifetimeDays)
  return isTooLate ? [lifetimeError(now, maxLifetimeDays, path)] : []
}

function lifetimeError(now: Date, maxLifetimeDays: number, path: readonly string[]): UserError {
  const days = maxLifetimeDays === 1 ? 'a day' : `${maxLifetimeDays} days`
  const latest = daysAfter(now, maxLifetimeDays).toISOString()
  const message = `Let the token expire within ${days}, by ${latest}: the organization's policy allows no more.`
  return { code: 'INVALID', path, message }
}

function oneYearAfter(now: Date): Date {
  const oneYearOn = new Date(now)
  oneYearOn.setUTCFullYear(now.getUTCFullYear() + 1)
  return oneYearOn
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceLimits } from '../domain/shared/service-limits.ts'

export const holdMs = 1_000
// More than there are connections, unless somebody sends many requests over each.
const maxHeld = 5_000
let held = 0

/**
 * Holds back an answer that denies a guess, because the budget of failures is used up: whoever waits for each answer before
 * the next try then makes one try a second over each connection, and not thousands. Nobody else waits.
 */
export async function holdDenied(limits: ServiceLimits): Promise<void> {
  if (!limits.isUsedUp || held >= maxHeld) return
  held++
  try {
    await sleep(holdMs, undefined, { ref: false })
  } finally {
    held--
  }
}

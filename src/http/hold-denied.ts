import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceLimits } from '../domain/shared/service-limits.ts'

export const holdMs = 1_000
// More than there are usually connections.
const maxHeld = 5_000
let held = 0

/**
 * Delays the response to an attempt that is denied, because of too many failures or because too many wait. A client
 * that waits for each response then has one attempt per second and connection, instead of thousands. Other clients do
 * not wait.
 */
export async function holdDenied(limits: ServiceLimits): Promise<void> {
  if (limits.isDenied) await holdResponse()
}

/** Delays a response for a second, unless too many are delayed already. */
export async function holdResponse(): Promise<void> {
  if (held >= maxHeld) return
  held++
  try {
    await sleep(holdMs, undefined, { ref: false })
  } finally {
    held--
  }
}

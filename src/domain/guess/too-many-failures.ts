import { Denied } from '../shared/errors.ts'
import type { ServiceLimit } from '../shared/service-limits.ts'
import type { Budget } from './budgets.ts'
import type { FailuresNow } from './failure-count-store.ts'

/** What callers may know about a budget. `allowed` can be less than the budget's failures. */
export function toServiceLimit({ name, windowSeconds }: Budget, allowed: number, now: FailuresNow): ServiceLimit {
  return {
    name,
    quota: allowed,
    windowSeconds,
    remaining: Math.max(0, allowed - now.failures),
    resetSeconds: Math.max(1, Math.ceil(now.remainingMs / 1000)),
  }
}

/** The denial of a caller whose budget is used up. */
export function tooManyFailures(budget: Budget, allowed: number, now: FailuresNow): Denied {
  const limit = { ...toServiceLimit(budget, allowed, now), remaining: 0 }
  const { resetSeconds: seconds } = limit
  const sentence = `${budget.denial} Try again in ${inWords(seconds)}. ${budget.besides}`
  return new Denied('TOO_MANY_REQUESTS', sentence, { seconds, limits: [limit] })
}

function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  if (minutes > 120) return `${Math.ceil(minutes / 60)} hours`
  return minutes === 1 ? '1 minute' : `${minutes} minutes`
}

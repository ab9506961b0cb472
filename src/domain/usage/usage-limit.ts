import type { Plan, PlanLimits, PlanTable } from '../model/plan.ts'
import { type Person, type Principal, personBehind } from '../policy/principal.ts'
import type { Settings } from '../policy/request-context.ts'
import { daysAfter, hourSeconds } from '../shared/duration.ts'
import type { Timestamp } from '../shared/timestamp.ts'

/** How long a usage window is. Windows are aligned to midnight UTC, so that every instance agrees on them. */
export const usageWindowSeconds = 6 * hourSeconds

/** The usage window that a moment falls into. */
export function usageWindowAt(now: Date): { readonly startsAt: Date; readonly endsAt: Date } {
  const length = usageWindowSeconds * 1000
  const start = Math.floor(now.getTime() / length) * length
  return { startsAt: new Date(start), endsAt: new Date(start + length) }
}

/** How long a moment is after the beginning of its usage window. */
export function secondsInWindow(moment: Date): number {
  return Math.floor((moment.getTime() - usageWindowAt(moment).startsAt.getTime()) / 1000)
}

/** If no registry has reported anything since then, registries are assumed to send no notifications. */
export function reportsSince(now: Date): Date {
  // A day is longer than a quiet night.
  return daysAfter(now, -1)
}

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

/** How many pulls a token has in a window: its own limit, never above the plan's. Null: unlimited. */
export function pullLimitOf(pullLimit: number | null, plan: PlanLimits): number | null {
  if (pullLimit === null || plan.pulls === null) return pullLimit ?? plan.pulls
  return Math.min(pullLimit, plan.pulls)
}

/**
 * How many pulls a person has in a window, with all their tokens and their password: as many as the best plan of an
 * organization that they are a member of, and never fewer than the free one.
 */
export function pullLimitOfPerson({ organizationAccess }: Person, plans: PlanTable): number | null {
  const memberOf = [...organizationAccess.values()].filter(({ role }) => role !== null)
  return bestPullLimit(
    memberOf.map(({ organization }) => organization.plan),
    plans,
  )
}

/** The same, by the plans of those organizations. */
export function bestPullLimit(memberPlans: readonly Plan[], plans: PlanTable): number | null {
  const limits = [plans.FREE.pulls, ...memberPlans.map((plan) => plans[plan].pulls)]
  return limits.reduce((most, each) => (most === null || each === null ? null : Math.max(most, each)))
}

/** Whose pulls count together. */
export interface CountedSubject {
  readonly namespaceId: string
  /** The organization token, or the person, whose id is also the namespace's. */
  readonly subjectId: string
  /** Pulls per window. Null means unlimited. */
  readonly limit: number | null
}

/** Null for anonymous clients. */
export function countedSubject(principal: Principal, { plans }: Settings): CountedSubject | null {
  if (principal.kind === 'ORGANIZATION_TOKEN') {
    const { token, organization } = principal
    const limit = pullLimitOf(token.pullLimit, plans[organization.plan])
    return { namespaceId: organization.id, subjectId: token.id, limit }
  }
  const person = personBehind(principal)
  if (person === null) return null
  return { namespaceId: person.user.id, subjectId: person.user.id, limit: pullLimitOfPerson(person, plans) }
}

/** The pulls of a window: allowed (null: unlimited), done, left, and when counting starts again. */
export interface UsageLimit {
  readonly limit: number | null
  readonly used: number
  readonly remaining: number | null
  readonly windowSeconds: number
  readonly resetsAt: Timestamp
}

/** Puts a limit, a count and the end of the window together. */
export function usageLimit(limit: number | null, used: number, resetsAt: Timestamp): UsageLimit {
  return {
    limit,
    used,
    remaining: limit === null ? null : Math.max(0, limit - used),
    windowSeconds: usageWindowSeconds,
    resetsAt,
  }
}

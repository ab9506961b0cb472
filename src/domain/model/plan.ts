/** The plans of organizations, the smallest first. */
export const plans = ['FREE', 'TEAM', 'BUSINESS'] as const

export type Plan = (typeof plans)[number]

/** The limits of a plan. */
export interface PlanLimits {
  /** The maximum number of organization tokens. Expired and inactive ones count. */
  readonly tokens: number
  /** Pulls per window of 6 hours. Null means unlimited. */
  readonly pulls: number | null
  /** How long the activity is kept. Null means forever. */
  readonly activityDays: number | null
}

export type PlanTable = Readonly<Record<Plan, PlanLimits>>

/** The limits of each plan by default. */
export const defaultPlanTable: PlanTable = {
  FREE: { tokens: 0, pulls: 200, activityDays: 30 },
  TEAM: { tokens: 10, pulls: null, activityDays: 90 },
  BUSINESS: { tokens: 100, pulls: null, activityDays: 365 },
}

/**
 * The number of tokens that an organization may have and has. Expired and inactive ones count until they are deleted.
 */
export interface TokenLimit {
  readonly limit: number
  readonly used: number
  readonly remaining: number
}

export function tokenLimit(limit: number, used: number): TokenLimit {
  return { limit, used, remaining: Math.max(0, limit - used) }
}

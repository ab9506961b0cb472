/** The plans an organization can be on, from the smallest to the largest. */
export const plans = ['FREE', 'TEAM', 'BUSINESS'] as const

export type Plan = (typeof plans)[number]

/** What a plan allows an organization. */
export interface PlanLimits {
  /** How many organization tokens may exist at once; expired and inactive ones count. */
  readonly tokens: number
  /** Pulls in each window of 6 hours; null: unlimited. */
  readonly pulls: number | null
  /** For how many days the activity is kept; null: for ever. */
  readonly activityDays: number | null
}

export type PlanTable = Readonly<Record<Plan, PlanLimits>>

/** The limits of each plan where the operator sets no others. */
export const defaultPlanTable: PlanTable = {
  FREE: { tokens: 0, pulls: 200, activityDays: 30 },
  TEAM: { tokens: 10, pulls: null, activityDays: 90 },
  BUSINESS: { tokens: 100, pulls: null, activityDays: 365 },
}

/** The number of tokens that an organization may have and has. Expired and inactive ones count until they are deleted. */
export interface TokenLimit {
  readonly limit: number
  readonly used: number
  readonly remaining: number
}

export function tokenLimit(limit: number, used: number): TokenLimit {
  return { limit, used, remaining: Math.max(0, limit - used) }
}

import type { KeyObject } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { GuessBrake } from '../guess/guess-brake.ts'
import type { HourlyRates } from '../model/hourly-rates.ts'
import type { Plan, PlanTable } from '../model/plan.ts'
import type { ServiceLimits } from '../shared/service-limits.ts'
import type { Principal } from './principal.ts'
import type { Refusals } from './refusal.ts'

/** Where a request came from, for activity events. */
export interface RequestOrigin {
  readonly ipAddress: string | null
  /** At most 256 characters (`clientText`). */
  readonly userAgent: string | null
  readonly requestId: string | null
}

/** The operator's settings that the rules of the domain depend on. */
export interface Settings {
  readonly plans: PlanTable
  readonly hourlyRates: HourlyRates
  readonly defaultPlan: Plan
  /** Pulls per usage window of all anonymous clients at an address. Null means unlimited. */
  readonly anonymousPulls: number | null
  /** How long a bearer token of the registry is valid. */
  readonly grantSeconds: number
  readonly allowSignUp: boolean
  /** The registry that grants are for. */
  readonly registryService: string
  readonly tokenBrand: string
  readonly tokenHashKey: KeyObject
  /** Encrypts secrets in the database that are needed in plain text. */
  readonly encryptionKey: Buffer
  /** Keys the pseudonyms of people and tokens in the logs of others. */
  readonly pseudonymKey: Buffer
}

/** A request: caller, time, origin, settings and database. Every verb takes it. */
export interface RequestContext {
  readonly em: EntityManager
  readonly principal: Principal
  readonly now: Date
  readonly origin: RequestOrigin
  readonly settings: Settings
  /** Records denied and rejected attempts. */
  readonly refusals: Refusals
  /** Counts failed attempts, and denies them above their limits. */
  readonly guesses: GuessBrake
  /** The budgets that the response reports. */
  readonly limits: ServiceLimits
}

/** The context of a request that may take long, so that the rights of its caller can end before it does. */
export interface LongRequestContext extends RequestContext {
  /**
   * The caller with the session or token, the roles and the scopes of this moment. One statement. Throws `Denied`
   * (UNAUTHENTICATED, TOO_MANY_REQUESTS) if the session or token has ended.
   */
  readonly reauthenticate: () => Promise<Principal>
  /** Lets another request of the same network begin, because this one waits for another server. */
  readonly leavePlace: () => void
}

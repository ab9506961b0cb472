import type { KeyObject } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { GuessBrake } from '../guess/guess-brake.ts'
import type { Plan, PlanTable } from '../model/plan.ts'
import type { ServiceLimits } from '../shared/service-limits.ts'
import type { Principal } from './principal.ts'
import type { Refusals } from './refusal.ts'

/** Where a request came from; goes into activity events. */
export interface RequestOrigin {
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
}

/** What the installation's operator has set, as far as the domain's rules depend on it. */
export interface Settings {
  readonly plans: PlanTable
  readonly defaultPlan: Plan
  /** How many pulls those at one address have in a usage window who have not logged in; null: unlimited. */
  readonly anonymousPulls: number | null
  /** How long a bearer token of the registry is valid. */
  readonly grantSeconds: number
  readonly allowSignUp: boolean
  readonly tokenBrand: string
  readonly tokenHashKey: KeyObject
  /** Encrypts what is kept in the database and has to be read again. */
  readonly encryptionKey: Buffer
}

/** One call on the domain: who asks, when, from where, under which settings, on which database. Every verb takes one. */
export interface RequestContext {
  readonly em: EntityManager
  readonly principal: Principal
  readonly now: Date
  readonly origin: RequestOrigin
  readonly settings: Settings
  /** Takes down who was refused. */
  readonly refusals: Refusals
  /** Counts failed attempts, and denies more of them than are allowed. */
  readonly guesses: GuessBrake
  /** What the answer says about budgets. */
  readonly limits: ServiceLimits
}

/** The context of a request that may take long, so that the rights of its caller can end before it does. */
export interface LongRequestContext extends RequestContext {
  /**
   * The caller with the session or token, the roles and the scopes of this moment. One statement. Throws `Denied`
   * (UNAUTHENTICATED, TOO_MANY_REQUESTS) if the session or token has ended.
   */
  readonly reauthenticate: () => Promise<Principal>
}

import type { Config } from './config.ts'
import type { Database } from './database/open-database.ts'
import { FailureCounter } from './domain/guess/failure-counter.ts'
import { GuessBrake } from './domain/guess/guess-brake.ts'
import type { RequestContext } from './domain/policy/request-context.ts'
import { RefusalRecorder } from './domain/refusal/refusal-recorder.ts'
import { LoginRecorder } from './domain/registry-access/login-recorder.ts'
import { createLookups, type RegistryContext } from './domain/registry-access/lookups.ts'
import type { DerivedKeys } from './domain/secrets/secret-key.ts'
import { LastUseRecorder } from './domain/usage/last-use-recorder.ts'
import type { StartedParts } from './started-parts.ts'

const flushIntervalMs = 1_000

/** What requests share: recorders that write later and together, and the contexts that requests start with. */
export interface Services {
  readonly lastUses: LastUseRecorder
  readonly startRequestContext: () => Pick<RequestContext, 'em' | 'now' | 'settings' | 'refusals' | 'guesses'>
  readonly startRegistryContext: () => Pick<
    RegistryContext,
    'em' | 'lookups' | 'logins' | 'now' | 'settings' | 'refusals' | 'guesses'
  >
}

/** Starts the services on a database. When they stop, they write what is pending. */
export function startServices(
  config: Config,
  { tokenHashKey, encryptionKey, pseudonymKey }: DerivedKeys,
  { em: connected }: Database,
  logFault: (error: unknown) => void,
  parts: StartedParts,
): Services {
  const lastUses = new LastUseRecorder(connected.fork(), flushIntervalMs, logFault)
  parts.add(() => lastUses.flush().catch(logFault))
  const refusals = new RefusalRecorder(connected.fork(), flushIntervalMs, logFault)
  parts.add(() => refusals.flush().catch(logFault))
  const logins = new LoginRecorder(connected.fork(), flushIntervalMs, logFault)
  parts.add(() => logins.flush().catch(logFault))
  const guesses = new GuessBrake(new FailureCounter(connected.fork(), tokenHashKey, logFault), flushIntervalMs)
  parts.add(() => guesses.flush())

  const { plans, hourlyRates, defaultPlan, allowSignUp, registryService, tokenBrand, anonymousPulls, grantSeconds } =
    config
  const settings = {
    plans,
    hourlyRates,
    defaultPlan,
    allowSignUp,
    registryService,
    tokenBrand,
    anonymousPulls,
    grantSeconds,
    tokenHashKey,
    encryptionKey,
    pseudonymKey,
  }
  // Requests of registry clients look things up together, so they share an entity manager. The rare writes use a fork.
  const em = connected.fork()
  const lookups = createLookups(em, plans)
  return {
    lastUses,
    startRequestContext: () => ({ em: connected.fork(), now: new Date(), settings, refusals, guesses }),
    startRegistryContext: () => ({ em, lookups, logins, now: new Date(), settings, refusals, guesses }),
  }
}

import { LRUCache } from 'lru-cache'
import type { Denied } from '../shared/errors.ts'
import type { ServiceLimit } from '../shared/service-limits.ts'
import type { FailuresNow } from './failure-count-store.ts'
import { type Change, type Charge, type FailureCounter, idOf } from './failure-counter.ts'
import { FailureMemory } from './failure-memory.ts'
import { tooManyFailures, toServiceLimit } from './too-many-failures.ts'

/** The number of failures that each charge allows, in their order, given what counts now. */
export type Allowance = (counted: readonly FailuresNow[]) => readonly number[]

const asBudgeted = (charges: readonly Charge[]) => () => charges.map(({ budget }) => budget.failures)

// Another instance may give a budget back, so denials are kept only for so long. A flood costs two statements in this
// time.
const denialKeptMs = 10_000
const maxDenials = 10_000

// Creating a denial takes as long as the rest of counting. For so long, its message stays right.
const floodedDenialKeptMs = 1_000

// About 2 MB. After a start, everyone waits in the same lane until they have signed in once.
const maxProofs = 20_000

// If failures come from more networks than this at once, only this process counts them.
const maxPending = 2_000

/**
 * Counts failures against budgets in the database, which all instances share. While it is away, and for failures that
 * are not worth a statement each, this process counts by itself.
 */
export class GuessBrake {
  readonly #store: FailureCounter
  readonly #flushIntervalMs: number
  readonly #memory = new FailureMemory()
  readonly #denials = new LRUCache<string, Denied>({ max: maxDenials })
  readonly #proofs = new LRUCache<string, true>({ max: maxProofs })
  #pending = new Map<string, { charge: Charge; failures: number }>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(store: FailureCounter, flushIntervalMs: number) {
    this.#store = store
    this.#flushIntervalMs = flushIntervalMs
  }

  /** Whether this account has used its correct password from this network, as far as this process remembers. */
  hasProved(accountAtNetwork: string): boolean {
    return this.#proofs.get(accountAtNetwork) ?? false
  }

  rememberProof(accountAtNetwork: string): void {
    this.#proofs.set(accountAtNetwork, true)
  }

  /** Throws `Denied` (TOO_MANY_REQUESTS) if a charge was denied a moment ago. Sends no statement. */
  requireNoDenial(charges: readonly Charge[]): void {
    for (const charge of charges) {
      const denial = this.#denials.get(idOf(charge))
      if (denial !== undefined) throw denial
    }
  }

  /**
   * Counts a failure before it has happened, so that concurrent attempts are no more than allowed. If the attempt
   * succeeds, give it back. Returns what is left of the budgets after the failure. Throws `Denied` (TOO_MANY_REQUESTS)
   * if one is used up, and then counts nothing.
   */
  async charge(charges: readonly Charge[], allowance: Allowance = asBudgeted(charges)): Promise<ServiceLimit[]> {
    this.requireNoDenial(charges)
    const counted = await this.#add(charges.map((charge) => ({ charge, failures: 1 })))
    const allowed = allowance(counted)
    const states = charges.flatMap((charge, index) => {
      const [now, most = 0] = [counted[index], allowed[index]]
      return now === undefined || most === Number.POSITIVE_INFINITY ? [] : [{ charge, now, most }]
    })
    const denied = states
      .filter(({ now, most }) => now.failures > most)
      .toSorted((one, other) => other.now.remainingMs - one.now.remainingMs)
    if (denied.length === 0) return states.map(({ charge, now, most }) => toServiceLimit(charge.budget, most, now))
    await this.giveBack(charges)
    // The longest denial.
    const [denial] = denied.map(({ charge, now, most }) => this.#deny(charge, most, now, denialKeptMs))
    throw denial
  }

  /** Takes charges back, and all earlier failures of `forgiven`. */
  async giveBack(charges: readonly Charge[], forgiven: readonly Charge[] = []): Promise<void> {
    const changes = [
      ...charges.map((charge) => ({ charge, failures: 1 })),
      ...forgiven.map((charge) => ({ charge, failures: 2 ** 31 - 1 })),
    ]
    for (const { charge, failures } of changes) {
      this.#memory.takeBack(idOf(charge), failures)
      const pending = this.#pending.get(idOf(charge))
      // Failures that were not written need not be taken back in the database, which never goes below zero.
      if (pending !== undefined) pending.failures = Math.max(0, pending.failures - failures)
    }
    for (const charge of forgiven) this.#denials.delete(idOf(charge))
    await this.#store.takeBack(changes)
  }

  /**
   * Counts a failure that has happened, and writes it to the database soon. Returns what is left. Throws `Denied`
   * (TOO_MANY_REQUESTS) if the budget was used up before, without a statement.
   */
  count(charge: Charge): ServiceLimit {
    const { budget } = charge
    const id = idOf(charge)
    const known = this.#denials.get(id)
    if (known !== undefined) throw known
    const now = this.#memory.add(id, 1, budget.windowSeconds)
    if (now.failures > budget.failures) throw this.#deny(charge, budget.failures, now, floodedDenialKeptMs)
    this.#writeLater(charge, 1)
    return toServiceLimit(budget, budget.failures, now)
  }

  /** Whether `requireRoom` would not throw. */
  hasRoom(charge: Charge): boolean {
    const id = idOf(charge)
    const failures = this.#memory.get(id)?.failures ?? 0
    return this.#denials.get(id) === undefined && failures < charge.budget.failures
  }

  /** Throws `Denied` (TOO_MANY_REQUESTS) if `count` would, and counts nothing. */
  requireRoom(charge: Charge): void {
    this.requireNoDenial([charge])
    const { budget } = charge
    const now = this.#memory.get(idOf(charge))
    if (now !== null && now.failures >= budget.failures)
      throw this.#deny(charge, budget.failures, now, floodedDenialKeptMs)
  }

  /** Writes what was counted, after the current write, and learns what other instances have counted. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushing.then(async () => {
      const changes = [...this.#pending.values()]
      this.#pending = new Map()
      if (changes.length === 0) return
      const counted = await this.#store.add(changes)
      if (counted === null) for (const { charge, failures } of changes) this.#writeLater(charge, failures)
      else this.#learn(changes, counted)
    })
    return this.#flushing
  }

  #writeLater(charge: Charge, failures: number): void {
    const id = idOf(charge)
    const pending = this.#pending.get(id)
    if (pending !== undefined) pending.failures += failures
    else if (this.#pending.size < maxPending) this.#pending.set(id, { charge, failures })
    this.#timer ??= setTimeout(() => void this.flush(), this.#flushIntervalMs).unref()
  }

  /** Keeps what the database has counted, plus what is not written yet. */
  #learn(changes: readonly Change[], counted: readonly FailuresNow[]): void {
    for (const [index, { charge }] of changes.entries()) {
      const id = idOf(charge)
      const [now, unwritten = 0] = [counted[index], this.#pending.get(id)?.failures]
      if (now !== undefined) this.#memory.set(id, { ...now, failures: now.failures + unwritten })
    }
  }

  async #add(changes: readonly Change[]): Promise<readonly FailuresNow[]> {
    const counted = await this.#store.add(changes)
    if (counted === null)
      return changes.map(({ charge, failures }) => {
        this.#writeLater(charge, failures)
        return this.#memory.add(idOf(charge), failures, charge.budget.windowSeconds)
      })
    this.#learn(changes, counted)
    return counted.map((now, index) => {
      const [change] = changes.slice(index, index + 1)
      return (change && this.#memory.get(idOf(change.charge))) ?? now
    })
  }

  /** The denial of a charge, which is kept for some time. */
  #deny(charge: Charge, allowed: number, now: FailuresNow, keptMs: number): Denied {
    const denial = tooManyFailures(charge.budget, allowed, now)
    this.#denials.set(idOf(charge), denial, { ttl: Math.max(1, Math.min(keptMs, Math.floor(now.remainingMs))) })
    return denial
  }
}

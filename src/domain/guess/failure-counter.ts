import type { KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/postgresql'
import { hashSecret } from '../secrets/token-secret.ts'
import type { Budget } from './budgets.ts'
import { deleteFailures, type FailuresNow, insertFailures } from './failure-count-store.ts'

/** A failure that counts against a budget. */
export interface Charge {
  readonly budget: Budget
  /** Failures with the same subject count together. */
  readonly subject: string
}

/** The same for failures that count together. */
export function idOf({ budget, subject }: Charge): string {
  return `${budget.name} ${subject}`
}

/** A number of failures. */
export interface Change {
  readonly charge: Charge
  readonly failures: number
}

// A request waits for it, in one of the two places for passwords.
const timeoutMs = 1_000
const restMs = 5_000

/** Counts failures in the database, which all instances share. After a timeout, it sends nothing for some seconds. */
export class FailureCounter {
  readonly #em: EntityManager
  readonly #hashKey: KeyObject
  readonly #onFault: (error: unknown) => void
  #restsUntil = 0

  constructor(em: EntityManager, hashKey: KeyObject, onFault: (error: unknown) => void) {
    this.#em = em
    this.#hashKey = hashKey
    this.#onFault = onFault
  }

  /** Counts failures. Returns what counts now, in their order. Null: the database does not respond. */
  add(changes: readonly Change[]): Promise<FailuresNow[] | null> {
    const rows = changes.map(({ charge, failures }) => ({
      key: this.#keyOf(charge),
      failures,
      windowSeconds: charge.budget.windowSeconds,
    }))
    return this.#send(() => insertFailures(this.#em, rows))
  }

  /** Takes failures back, down to 0, if the database responds. */
  async takeBack(changes: readonly Change[]): Promise<void> {
    const rows = changes.map(({ charge, failures }) => ({ key: this.#keyOf(charge), failures }))
    await this.#send(() => deleteFailures(this.#em, rows))
  }

  async #send<T>(work: () => Promise<T>): Promise<T | null> {
    if (performance.now() < this.#restsUntil) return null
    const finished = new AbortController()
    const lateness = sleep(timeoutMs, undefined, { ref: false, signal: finished.signal }).then(() => {
      throw new Error(`Failed attempts could not be counted in the database within ${timeoutMs} ms.`)
    })
    try {
      return await Promise.race([work(), lateness])
    } catch (error) {
      this.#restsUntil = performance.now() + restMs
      this.#onFault(error)
      return null
    } finally {
      finished.abort()
    }
  }

  #keyOf(charge: Charge): Buffer {
    return hashSecret(idOf(charge), this.#hashKey)
  }
}

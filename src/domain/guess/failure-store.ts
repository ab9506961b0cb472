import type { KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/postgresql'
import { hashSecret } from '../secrets/secret-key.ts'
import type { Budget } from './budgets.ts'
import { addFailures, type FailuresNow, takeFailuresBack } from './stored-failures.ts'

/** A failure, as one of the budgets that it counts against sees it. */
export interface Charge {
  readonly budget: Budget
  /** What the failures have in common that count together. */
  readonly subject: string
}

/** Names what counts together, in memory. */
export function idOf({ budget, subject }: Charge): string {
  return `${budget.name} ${subject}`
}

/** So many failures. */
export interface Change {
  readonly charge: Charge
  readonly failures: number
}

// Somebody waits for the answer, with one of the two places for passwords.
const timeoutMs = 1_000
const restMs = 5_000

/** Counts failures in the database, which all instances share. When it does not answer in time, it is left alone for some seconds. */
export class FailureStore {
  readonly #em: EntityManager
  readonly #hashKey: KeyObject
  readonly #onFault: (error: unknown) => void
  #restsUntil = 0

  constructor(em: EntityManager, hashKey: KeyObject, onFault: (error: unknown) => void) {
    this.#em = em
    this.#hashKey = hashKey
    this.#onFault = onFault
  }

  /** Counts failures; returns what counts by now, in their order. Null: the database does not answer. */
  add(changes: readonly Change[]): Promise<FailuresNow[] | null> {
    const rows = changes.map(({ charge, failures }) => ({
      key: this.#keyOf(charge),
      failures,
      windowSeconds: charge.budget.windowSeconds,
    }))
    return this.#ask(() => addFailures(this.#em, rows))
  }

  /** Takes failures back, down to none, where the database answers. */
  async takeBack(changes: readonly Change[]): Promise<void> {
    const rows = changes.map(({ charge, failures }) => ({ key: this.#keyOf(charge), failures }))
    await this.#ask(() => takeFailuresBack(this.#em, rows))
  }

  async #ask<T>(work: () => Promise<T>): Promise<T | null> {
    if (performance.now() < this.#restsUntil) return null
    const answered = new AbortController()
    const lateness = sleep(timeoutMs, undefined, { ref: false, signal: answered.signal }).then(() => {
      throw new Error(`Failed attempts could not be counted in the database within ${timeoutMs} ms.`)
    })
    try {
      return await Promise.race([work(), lateness])
    } catch (error) {
      this.#restsUntil = performance.now() + restMs
      this.#onFault(error)
      return null
    } finally {
      answered.abort()
    }
  }

  #keyOf(charge: Charge): Buffer {
    return hashSecret(idOf(charge), this.#hashKey)
  }
}

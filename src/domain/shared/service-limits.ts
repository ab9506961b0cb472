/** What is left of a budget, as the fields `RateLimit-Policy` and `RateLimit` tell it. */
export interface ServiceLimit {
  readonly name: string
  /** How much there is in a window. */
  readonly quota: number
  readonly windowSeconds: number
  readonly remaining: number
  /** When the window ends. */
  readonly resetSeconds: number
}

/** How long a caller who was denied has to wait before another try. */
export interface Wait {
  /** Whole seconds. */
  readonly seconds: number
  /** The budgets that are used up; empty where there is no budget, but no room at the moment. */
  readonly limits: readonly ServiceLimit[]
}

/** What the answer to one request says about budgets; the door writes it into the header. */
export class ServiceLimits {
  // Made when there is something to note: most requests have nothing.
  #limits: Map<string, ServiceLimit> | undefined
  #retryAfterSeconds: number | null = null

  /** Of several notes about one budget, the last counts. */
  note(limits: readonly ServiceLimit[]): void {
    this.#limits ??= new Map()
    for (const limit of limits) this.#limits.set(limit.name, limit)
  }

  /** Notes that the caller has to wait. The budgets that are used up then stand alone: the others end at another time. */
  noteWait(wait: Wait | null): void {
    if (wait === null) return
    this.#limits = undefined
    this.note(wait.limits)
    this.#retryAfterSeconds = Math.max(this.#retryAfterSeconds ?? 0, wait.seconds)
  }

  get all(): readonly ServiceLimit[] {
    return [...(this.#limits?.values() ?? [])]
  }

  /** Whether a budget is used up, so that the caller was denied. */
  get isUsedUp(): boolean {
    return this.#retryAfterSeconds !== null && this.all.length > 0
  }

  /** Whole seconds; null: nothing was refused for now. */
  get retryAfterSeconds(): number | null {
    return this.#retryAfterSeconds
  }
}

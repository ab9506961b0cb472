/** The rest of a budget, for the headers `RateLimit-Policy` and `RateLimit`. */
export interface ServiceLimit {
  readonly name: string
  /** The budget per window. */
  readonly quota: number
  readonly windowSeconds: number
  readonly remaining: number
  /** Seconds until the window ends. */
  readonly resetSeconds: number
}

/** How long a denied caller has to wait before a retry. */
export interface Wait {
  /** Whole seconds. */
  readonly seconds: number
  /** The exhausted budgets. Empty if the reason is not a budget, but the current load. */
  readonly limits: readonly ServiceLimit[]
}

/** The budgets that the response to a request reports in its headers. */
export class ServiceLimits {
  // Created at the first budget, because most requests have no budget to report.
  #limits: Map<string, ServiceLimit> | undefined
  #retryAfterSeconds: number | null = null
  #isDenied = false

  /** The last call for a budget counts. */
  note(limits: readonly ServiceLimit[]): void {
    this.#limits ??= new Map()
    for (const limit of limits) this.#limits.set(limit.name, limit)
  }

  /** Reports that the caller was denied and has to wait. Then only the exhausted budgets are reported. */
  noteWait(wait: Wait | null): void {
    if (wait === null) return
    this.#isDenied = true
    this.#report(wait)
  }

  /** Reports that the server cannot handle requests for a while, whoever sends them. */
  noteOutage(wait: Wait): void {
    this.#report(wait)
  }

  #report(wait: Wait): void {
    this.#limits = undefined
    this.note(wait.limits)
    this.#retryAfterSeconds = Math.max(this.#retryAfterSeconds ?? 0, wait.seconds)
  }

  get all(): readonly ServiceLimit[] {
    return [...(this.#limits?.values() ?? [])]
  }

  /** Whether the caller was denied, because a budget is exhausted or too many wait. */
  get isDenied(): boolean {
    return this.#isDenied
  }

  /** Whole seconds. Null if the caller need not wait. */
  get retryAfterSeconds(): number | null {
    return this.#retryAfterSeconds
  }
}

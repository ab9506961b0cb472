/** The result of one attempt to deliver. */
export interface Attempt {
  readonly outcome: AttemptOutcome
  /** The status of the response. Null without a response. */
  readonly responseStatus: number | null
  /** Why it was not delivered, for people. Null if it was. */
  readonly error: string | null
  /** How long the receiver asks to wait. */
  readonly retryAfterMs?: number
}

/**
 * `GONE`: the receiver wants no more deliveries. `UNDELIVERABLE`: it can never be delivered. `STOPPED`: this instance
 * stops, and another sends it.
 */
export type AttemptOutcome = 'DELIVERED' | 'FAILED' | 'GONE' | 'UNDELIVERABLE' | 'STOPPED'

/** An attempt without a response. */
export function withoutResponse(outcome: AttemptOutcome, error: string): Attempt {
  return { outcome, responseStatus: null, error }
}

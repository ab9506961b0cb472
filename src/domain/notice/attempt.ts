/** How one attempt to deliver ended. */
export interface Attempt {
  readonly outcome: AttemptOutcome
  /** The status of the answer; null where there was none. */
  readonly responseStatus: number | null
  /** What kept it from being delivered, in words; null when it was. */
  readonly error: string | null
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs?: number
}

/** `GONE`: the receiver wants nothing any more. `REFUSED`: it can never be delivered. `GIVEN_BACK`: we are stopping. */
export type AttemptOutcome = 'DELIVERED' | 'FAILED' | 'GONE' | 'REFUSED' | 'GIVEN_BACK'

/** The attempt that never got as far as to an answer. */
export function withoutAnswer(outcome: AttemptOutcome, error: string): Attempt {
  return { outcome, responseStatus: null, error }
}

import type { Wait } from './service-limits.ts'

/** The reasons that a person can act on; they travel as data, in `userErrors`. */
export const userErrorCodes = [
  'INVALID',
  'TAKEN',
  'NOT_FOUND',
  'PLAN_REQUIRED',
  'TOKEN_LIMIT_REACHED',
  'SCOPE_NOT_ALLOWED',
  'TOKEN_INACTIVE',
  'TOKEN_EXPIRED',
  'LAST_OWNER',
  'SIGN_IN_FAILED',
  'SSO_REQUIRED',
  'IDEMPOTENCY_CONFLICT',
] as const

export type UserErrorCode = (typeof userErrorCodes)[number]

/** One fault of an input: what is wrong, what to do, and where in the arguments. */
export interface UserError {
  readonly code: UserErrorCode
  readonly message: string
  readonly path: readonly string[]
}

/** How many errors of an input are returned at most. */
export const maxUserErrors = 100

/** Thrown by a verb whose input cannot be acted upon; nothing has been changed. A door answers it as data. */
export class InvalidInput extends Error {
  readonly userErrors: readonly UserError[]

  constructor(userErrors: readonly UserError[]) {
    const returned = withinLimit(userErrors)
    super(returned.map((error) => error.message).join(' '))
    this.name = 'InvalidInput'
    this.userErrors = returned
  }
}

/** The errors, or the first of them and one that says how many there are beside them. */
function withinLimit(userErrors: readonly UserError[]): readonly UserError[] {
  if (userErrors.length <= maxUserErrors) return userErrors
  const first = userErrors.slice(0, maxUserErrors - 1)
  const message = `There are ${userErrors.length - first.length} more errors. Correct these first.`
  return [...first, { code: 'INVALID', message, path: [] }]
}

/** Refuses an input for one fault. */
export function throwInvalid(code: UserErrorCode, path: readonly string[], message: string): never {
  throw new InvalidInput([{ code, message, path }])
}

export type DenialCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'TOO_MANY_REQUESTS'
  | 'SERVICE_UNAVAILABLE'

/** Thrown where the caller may not do a thing at all, whatever the input says. The message is for the caller. */
export class Denied extends Error {
  readonly code: DenialCode
  /** Null: waiting does not help. */
  readonly wait: Wait | null

  constructor(code: DenialCode, message: string, wait: Wait | null = null) {
    super(message)
    this.name = 'Denied'
    this.code = code
    this.wait = wait
  }
}

/** Collects every fault of an input, so that a person sees them all at once. */
export class InputErrors {
  readonly #found: UserError[] = []

  add(code: UserErrorCode, path: readonly string[], message: string): void {
    this.#found.push({ code, message, path })
  }

  get hasAny(): boolean {
    return this.#found.length > 0
  }

  get all(): readonly UserError[] {
    return this.#found
  }

  /** Throws `InvalidInput` when anything was found. */
  throwIfAny(): void {
    if (this.hasAny) throw new InvalidInput(this.#found)
  }
}

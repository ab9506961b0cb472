import type { Wait } from './service-limits.ts'

/** The codes of errors that a person can correct. They are in `userErrors`. */
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

/** An error of an input: what is wrong, what to do, and its place in the arguments. */
export interface UserError {
  readonly code: UserErrorCode
  readonly message: string
  readonly path: readonly string[]
}

/** The maximum number of errors that are returned for an input. */
export const maxUserErrors = 100

/** Thrown by a verb for an invalid input, before it has changed anything. The API returns the errors as data. */
export class InvalidInput extends Error {
  readonly userErrors: readonly UserError[]

  constructor(userErrors: readonly UserError[]) {
    const returned = withinLimit(userErrors)
    super(returned.map((error) => error.message).join(' '))
    this.name = 'InvalidInput'
    this.userErrors = returned
  }
}

/** The errors. If there are too many, the first ones and an error with the number of the others. */
function withinLimit(userErrors: readonly UserError[]): readonly UserError[] {
  if (userErrors.length <= maxUserErrors) return userErrors
  const first = userErrors.slice(0, maxUserErrors - 1)
  const message = `There are ${userErrors.length - first.length} more errors. Correct these first.`
  return [...first, { code: 'INVALID', message, path: [] }]
}

/** Throws `InvalidInput` with one error. */
export function throwInvalid(code: UserErrorCode, path: readonly string[], message: string): never {
  throw new InvalidInput([{ code, message, path }])
}

export type DenialCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'TOO_MANY_REQUESTS'
  | 'SERVICE_UNAVAILABLE'

/** Thrown if the caller may not do something. The message is for the caller. */
export class Denied extends Error {
  readonly code: DenialCode
  /** How long to wait before a retry. Null if waiting does not help. */
  readonly wait: Wait | null

  constructor(code: DenialCode, message: string, wait: Wait | null = null) {
    super(message)
    this.name = 'Denied'
    this.code = code
    this.wait = wait
  }
}

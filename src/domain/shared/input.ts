import { z } from 'zod'
import { InvalidInput, type UserError, type UserErrorCode } from './errors.ts'

/** The schemas of an input's members, by name. */
export type InputShape = z.ZodRawShape

/** An input as callers give it: members that may be missing may also be undefined. */
export type Given<Shape extends InputShape> = {
  readonly [Member in keyof z.input<z.ZodObject<Shape>>]: z.input<z.ZodObject<Shape>>[Member] | undefined
}

/** The values of a valid input. Members that were not given are missing, never undefined. */
export type Parsed<Shape extends InputShape> = {
  readonly [Member in keyof z.output<z.ZodObject<Shape>>]: Exclude<z.output<z.ZodObject<Shape>>[Member], undefined>
}

/** A checked input: its value, or its errors with the members that are valid. */
export type Checked<Value> =
  | { readonly isValid: true; readonly value: Value; readonly valid: Value; readonly errors: readonly UserError[] }
  | { readonly isValid: false; readonly valid: Partial<Value>; readonly errors: readonly UserError[] }

/** A checked single value. */
export type CheckedValue<Value> =
  | { readonly isValid: true; readonly value: Value; readonly errors: readonly UserError[] }
  | { readonly isValid: false; readonly errors: readonly UserError[] }

/** The value of an input. Throws `InvalidInput` with all of its errors. `path` is the argument that holds the input. */
export function parseInput<Shape extends InputShape>(
  shape: Shape,
  given: Given<Shape>,
  path: readonly string[] = ['input'],
): Parsed<Shape> {
  return requireValid(checkInput(shape, given, path))
}

/** Checks an input, for verbs that have more to check before they throw: see `requireValid`. */
export function checkInput<Shape extends InputShape>(
  shape: Shape,
  given: Given<Shape>,
  path: readonly string[] = ['input'],
): Checked<Parsed<Shape>> {
  const errors: UserError[] = []
  const values: Record<string, unknown> = {}
  for (const [member, schema] of Object.entries(shape)) {
    const checked = checkValue(schema, Reflect.get(given, member), [...path, member])
    if (!checked.isValid) errors.push(...checked.errors)
    else if (checked.value !== undefined) values[member] = checked.value
  }
  const valid = values as Parsed<Shape>
  return errors.length === 0 ? { isValid: true, value: valid, valid, errors } : { isValid: false, valid, errors }
}

/** Checks a single value. `path` is its place in the arguments. */
export function checkValue<Schema extends z.core.$ZodType>(
  schema: Schema,
  given: unknown,
  path: readonly string[],
): CheckedValue<z.output<Schema>> {
  const { success, data, error } = z.safeParse(schema, given)
  return success
    ? { isValid: true, value: data, errors: [] }
    : { isValid: false, errors: error.issues.map((issue) => toUserError(issue, path)) }
}

/**
 * The value of a checked input. Throws `InvalidInput` with its errors and the others, such as those that only the
 * database shows.
 */
export function requireValid<Value>(checked: Checked<Value>, ...others: ReadonlyArray<readonly UserError[]>): Value {
  const errors = [checked.errors, ...others].flat()
  if (!checked.isValid || errors.length > 0) throw new InvalidInput(errors)
  return checked.value
}

/** Throws `InvalidInput` if there is an error. */
export function throwIfAny(errors: readonly UserError[]): void {
  if (errors.length > 0) throw new InvalidInput(errors)
}

/** Adds an error from within a schema. `path` is relative to the value of the schema. */
export function addError(
  context: z.core.$RefinementCtx,
  message: string,
  {
    code = 'INVALID',
    path = [],
  }: { readonly code?: UserErrorCode; readonly path?: ReadonlyArray<string | number> } = {},
): void {
  context.addIssue({ code: 'custom', message, path: [...path], params: { code } })
}

function toUserError(issue: z.core.$ZodIssue, path: readonly string[]): UserError {
  const code: UserErrorCode = (issue.code === 'custom' && issue.params?.code) || 'INVALID'
  return { code, message: issue.message, path: [...path, ...issue.path.map(String)] }
}

/** A schema whose callers may send null, which is an error with this message. */
export function notNull<Schema extends z.ZodType>(schema: Schema, message: string) {
  return schema.nullable().transform((value, context): NonNullable<z.output<Schema>> => {
    if (value !== null && value !== undefined) return value
    addError(context, message)
    return z.NEVER
  })
}

export const flagInput = notNull(z.boolean(), 'Say true or false, or leave it out.')

/**
 * A list with a limited length. The items of a list that is too long are not parsed: it has one error, and costs no
 * more than others.
 */
export function list<Item extends z.ZodType>(
  item: Item,
  { min, max, message }: { readonly min: number; readonly max: number; readonly message: string },
) {
  const hasValidLength = (given: unknown) => Array.isArray(given) && given.length >= min && given.length <= max
  return z.custom<ReadonlyArray<z.input<Item>>>(hasValidLength, message).pipe(z.array(item).readonly())
}

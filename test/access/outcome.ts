import type { WireAnswer } from '../harness/client.ts'

/** What a caller is answered, in one word, or as a value; anything else is an outcome that no policy knows. */
export type Outcome = 'yes' | 'null' | 'not found' | 'forbidden' | 'sign in' | `= ${string}`

/** Where in an answer the outcome stands, for a field below the root. */
export interface Reading {
  readonly path: readonly string[]
  /** The outcome for a value other than null; absent: 'yes'. */
  readonly word?: (value: never) => Outcome
}

const wordFor: Readonly<Record<string, Outcome>> = {
  UNAUTHENTICATED: 'sign in',
  FORBIDDEN: 'forbidden',
  NOT_FOUND: 'not found',
}

/** The outcome of an operation that asks for one root field, and of it one. An unexpected one is told by its codes. */
export function outcomeOf({ status, body }: WireAnswer, reading?: Reading): string {
  const codes = body.errors?.map(({ extensions }) => extensions.code) ?? userErrorCodesIn(body.data)
  const words = new Set(codes.map((code) => wordFor[code] ?? code))
  if (words.size > 0) return [...words].join(', ')
  if (status !== 200) return `HTTP ${status}`
  if (reading !== undefined) return outcomeAt(body.data, reading)
  return Object.values(body.data ?? {}).some((answer) => answer === null) ? 'null' : 'yes'
}

function outcomeAt(data: WireAnswer['body']['data'], { path, word = () => 'yes' }: Reading): Outcome {
  let value: unknown = data
  for (const name of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  return value === null || value === undefined ? 'null' : word(value as never)
}

function userErrorCodesIn(data: WireAnswer['body']['data']): string[] {
  return Object.values(data ?? {}).flatMap((payload) => {
    const errors: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, 'userErrors') : []
    return Array.isArray(errors) ? errors.map((error: { code: string }) => error.code) : []
  })
}

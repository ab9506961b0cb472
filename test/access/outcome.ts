import type { WireResponse } from '../harness/client.ts'

/** The outcome for a caller, as one word or as a value. An outcome that no policy has is unexpected. */
export type Outcome = 'yes' | 'null' | 'not found' | 'forbidden' | 'sign in' | `= ${string}`

/** The place of the outcome in a response, for a field below the root. */
export interface Reading {
  readonly path: readonly string[]
  /** The outcome for a value other than null; by default 'yes'. */
  readonly word?: (value: never) => Outcome
}

const wordFor: Readonly<Record<string, Outcome>> = {
  UNAUTHENTICATED: 'sign in',
  FORBIDDEN: 'forbidden',
  NOT_FOUND: 'not found',
}

/** The outcome of an operation with one root field. An unexpected one contains its error codes. */
export function outcomeOf({ status, body }: WireResponse, reading?: Reading): string {
  const codes = body.errors?.map(({ extensions }) => extensions.code) ?? userErrorCodesIn(body.data)
  const words = new Set(codes.map((code) => wordFor[code] ?? code))
  if (words.size > 0) return [...words].join(', ')
  if (status !== 200) return `HTTP ${status}`
  if (reading !== undefined) return outcomeAt(body.data, reading)
  return Object.values(body.data ?? {}).some((response) => response === null) ? 'null' : 'yes'
}

function outcomeAt(data: WireResponse['body']['data'], { path, word = () => 'yes' }: Reading): Outcome {
  let value: unknown = data
  for (const name of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  return value === null || value === undefined ? 'null' : word(value as never)
}

function userErrorCodesIn(data: WireResponse['body']['data']): string[] {
  return Object.values(data ?? {}).flatMap((payload) => {
    const errors: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, 'userErrors') : []
    return Array.isArray(errors) ? errors.map((error: { code: string }) => error.code) : []
  })
}

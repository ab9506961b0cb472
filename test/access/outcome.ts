import type { WireAnswer } from '../harness/client.ts'

/** What a caller is answered, in one word; anything else is an outcome that no policy knows. */
export type Outcome = 'yes' | 'null' | 'not found' | 'forbidden' | 'sign in'

const wordFor: Readonly<Record<string, Outcome>> = {
  UNAUTHENTICATED: 'sign in',
  FORBIDDEN: 'forbidden',
  NOT_FOUND: 'not found',
}

/** The outcome of an operation that asks for one root field. An unexpected one is told by its codes. */
export function outcomeOf({ status, body }: WireAnswer): string {
  const codes = body.errors?.map(({ extensions }) => extensions.code) ?? userErrorCodesIn(body.data)
  const words = new Set(codes.map((code) => wordFor[code] ?? code))
  if (words.size > 0) return [...words].join(', ')
  if (status !== 200) return `HTTP ${status}`
  return Object.values(body.data ?? {}).some((answer) => answer === null) ? 'null' : 'yes'
}

function userErrorCodesIn(data: WireAnswer['body']['data']): string[] {
  return Object.values(data ?? {}).flatMap((payload) => {
    const errors: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, 'userErrors') : []
    return Array.isArray(errors) ? errors.map((error: { code: string }) => error.code) : []
  })
}

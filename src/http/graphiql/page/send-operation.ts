/** An operation as GraphiQL gives it to its fetcher. */
export interface Operation {
  readonly query: string
  readonly operationName?: string | null | undefined
  readonly variables?: unknown
}

/** The response to an operation: `data`, `errors`, or the `error` of a server that is overloaded. */
export type Response = Record<string, unknown>

/**
 * Sends an operation to the address of this page, which is that of the API, also behind a proxy that adds a path.
 *
 * @param token a session token or an access token; empty for an anonymous request
 * @throws Error with a sentence for people, without a stack, if there is no response or it is not JSON
 */
export async function sendOperation(operation: Operation, token: string): Promise<Response> {
  const authorization = token === '' ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(window.location.pathname, {
    method: 'POST',
    headers: { ...authorization, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(operation),
  }).catch(() => {
    if (!navigator.onLine) throw problem('You are offline. Connect to the network, and try again.')
    throw problem('Postern cannot be reached. Check that the server is running, and try again.')
  })
  const text = await response.text().catch(() => {
    throw problem('The connection to Postern was lost. Try again.')
  })
  return parseResponse(text, response.status)
}

function parseResponse(text: string, status: number): Response {
  try {
    return JSON.parse(text)
  } catch {
    const what = `The response has status ${status} and is not from Postern.`
    throw problem(`${what} Check that the server, and every proxy in front of it, is running.`)
  }
}

/** GraphiQL shows the stack of an error that has one. */
function problem(sentence: string): Error {
  const error = new Error(sentence)
  delete error.stack
  return error
}

/** The sentences of a response that failed: of its errors, and of the user errors of one mutation. Empty for success. */
export function problemsIn(response: Response, mutation: string): string {
  const userErrors = member(member(response.data, mutation), 'userErrors')
  return [response.errors, userErrors]
    .flatMap((errors): unknown[] => (Array.isArray(errors) ? errors : []))
    .map((error) => member(error, 'message'))
    .concat(response.error)
    .filter((message) => typeof message === 'string')
    .join(' ')
}

/** The code of the first error of a response. */
export function errorCode(response: Response): unknown {
  return member(member(firstError(response), 'extensions'), 'code')
}

export function firstError(response: Response): unknown {
  return Array.isArray(response.errors) ? response.errors[0] : undefined
}

/** A member of an object of unknown shape; undefined if there is none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

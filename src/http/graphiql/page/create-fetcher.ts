import { Kind, parse } from 'graphql'
import { readToken } from './kept-token.ts'
import { errorCode, firstError, member, type Operation, type Response, sendOperation } from './send-operation.ts'

/** Sends an operation with the token of the page. Throws an error with a sentence if there is no response. */
export type Fetcher = (operation: Operation) => Promise<Response>

/** What responses say about the token. */
export interface TokenEvents {
  /** A sign-in succeeded. */
  readonly onSignedIn: (sessionToken: string) => void
  readonly onSignedOut: () => void
  /** The server rejected the token. */
  readonly onTokenRejected: () => void
}

/**
 * Returns what sends all requests of the page, introspection included.
 *
 * A sign-in is sent without a token, and so is a second try of the introspection: neither needs one, and an expired
 * token would keep people from getting another.
 */
export function createFetcher({ onSignedIn, onSignedOut, onTokenRejected }: TokenEvents): Fetcher {
  return async (operation) => {
    const token = isSignIn(operation.query) ? '' : readToken()
    const operationName = fittingName(operation)
    const response = await sendOperation({ ...operation, operationName }, token)
    for (const field of ['signIn', 'completeSsoSignIn']) {
      const sessionToken = member(member(response.data, field), 'sessionToken')
      if (typeof sessionToken === 'string') onSignedIn(sessionToken)
    }
    if (member(response.data, 'signOut')) onSignedOut()
    if (token === '' || !isTokenRejected(response)) return response
    onTokenRejected()
    const isRepeated = operationName === 'IntrospectionQuery' && !response.data
    return isRepeated ? sendOperation(operation, '') : response
  }
}

function isSignIn(query: string): boolean {
  return /^[^#]*\b(signIn|startSsoSignIn|completeSsoSignIn)\s*\(/m.test(query)
}

// The server executes what anyone may call in spite of an ended session, and says so in the extensions. A field that
// requires another kind of caller returns the same code, and its path.
function isTokenRejected(response: Response): boolean {
  if (member(member(response.extensions, 'authentication'), 'code') === 'UNAUTHENTICATED') return true
  return errorCode(response) === 'UNAUTHENTICATED' && member(firstError(response), 'path') === undefined
}

/**
 * The name of the operation to run. GraphiQL learns it some time after the document: right after a change of tabs, it
 * still gives the name in the tab before, which the server would reject.
 */
function fittingName({ query, operationName }: Operation): string | null | undefined {
  const names = operationNamesIn(query)
  if (names === undefined || (operationName && names.includes(operationName))) return operationName
  return names.length === 1 ? names[0] : undefined
}

function operationNamesIn(query: string): Array<string | undefined> | undefined {
  try {
    const operations = parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    return operations.map((operation) => ('name' in operation ? operation.name?.value : undefined))
  } catch {
    // The server says what is wrong with the document.
    return undefined
  }
}

import type { GraphiQLProps } from 'graphiql'
import { Kind, parse } from 'graphql'
import { readToken } from './kept-token.ts'

type Fetcher = GraphiQLProps['fetcher']
type Operation = Parameters<Fetcher>[0]

/**
 * What GraphiQL sends its requests with, introspection included: to the address of this page, with the token that is
 * kept at that moment.
 *
 * A sign-in is sent without a token, and so is a second try of the introspection: neither needs one, and a token that has
 * ended would keep people from ever getting another.
 */
export function createFetcher({ onSignedIn, onSignedOut, onTokenRejected }: TokenEvents): Fetcher {
  return async (operation) => {
    const token = isSignIn(operation.query) ? '' : readToken()
    const answer = await send(operation, token)
    for (const field of ['signIn', 'completeSsoSignIn']) {
      const sessionToken = member(member(answer.data, field), 'sessionToken')
      if (typeof sessionToken === 'string') onSignedIn(sessionToken)
    }
    if (member(answer.data, 'signOut')) onSignedOut()
    if (token === '' || !isTokenRejected(answer)) return answer
    onTokenRejected()
    return operation.operationName === 'IntrospectionQuery' ? send(operation, '') : answer
  }
}

/** What answers say of the token. */
export interface TokenEvents {
  /** A sign-in succeeded. */
  readonly onSignedIn: (sessionToken: string) => void
  readonly onSignedOut: () => void
  /** The server takes the token no longer, or never did. */
  readonly onTokenRejected: () => void
}

async function send(operation: Operation, token: string): Promise<Record<string, unknown>> {
  const authorization = token === '' ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(window.location.pathname, {
    method: 'POST',
    headers: { ...authorization, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ ...operation, operationName: fittingName(operation) }),
  })
  return parseAnswer(await response.text(), response.status)
}

function isSignIn(query: string): boolean {
  return /^[^#]*\b(signIn|startSsoSignIn|completeSsoSignIn)\s*\(/m.test(query)
}

// Before any field is asked; a field that needs another kind of caller stands in the error's path.
function isTokenRejected(answer: Record<string, unknown>): boolean {
  const error: unknown = Array.isArray(answer.errors) ? answer.errors[0] : undefined
  return member(member(error, 'extensions'), 'code') === 'UNAUTHENTICATED' && member(error, 'path') === undefined
}

/**
 * The name of the operation to run. GraphiQL learns it some time after the document: right after a change of tabs it
 * still gives the name in the tab before, which the server would refuse.
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

function parseAnswer(text: string, status: number): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`The server answered with status ${status} and no GraphQL: is it, and a proxy in front of it, up?`)
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

import type { GraphiQLProps } from 'graphiql'
import { Kind, parse } from 'graphql'
import { readToken } from './kept-token.ts'

type Fetcher = GraphiQLProps['fetcher']
type Operation = Parameters<Fetcher>[0]

/**
 * What GraphiQL sends its requests with, introspection included: to the address of this page, with the token that is
 * kept at that moment.
 *
 * @param onSignedIn called with the session token of a successful `signIn`
 */
export function createFetcher(onSignedIn: (sessionToken: string) => void): Fetcher {
  return async (operation) => {
    const response = await fetch(window.location.pathname, {
      method: 'POST',
      headers: { ...authorization(), 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ ...operation, operationName: fittingName(operation) }),
    })
    const answer = parseAnswer(await response.text(), response.status)
    const sessionToken = sessionTokenIn(answer)
    if (sessionToken !== undefined) onSignedIn(sessionToken)
    return answer
  }
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

function authorization(): { authorization?: string } {
  const token = readToken()
  return token === '' ? {} : { authorization: `Bearer ${token}` }
}

function parseAnswer(text: string, status: number): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`The server answered with status ${status} and no GraphQL: is it, and a proxy in front of it, up?`)
  }
}

function sessionTokenIn(answer: Record<string, unknown>): string | undefined {
  const sessionToken = member(member(answer.data, 'signIn'), 'sessionToken')
  return typeof sessionToken === 'string' ? sessionToken : undefined
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

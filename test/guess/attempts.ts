import { Client, type WireResponse } from '../harness/client.ts'
import { askForToken, type Login, type TokenResponse } from '../harness/token-endpoint.ts'

/** The outcome of a guess. `failed`: wrong, reported as data or with 401. `denied`: not verified at all. */
export type Outcome = 'right' | 'failed' | 'denied'

const signInMutation = `mutation ($input: SignInInput!) {
  signIn(input: $input) { sessionToken userErrors { code message path } }
}`

/** Signs in from a network, behind a trusted proxy. */
export function trySignIn(url: string, input: Login, network = '203.0.113.1'): Promise<WireResponse> {
  const body = { query: signInMutation, variables: { input } }
  return new Client(url, undefined).send(body, { 'x-forwarded-for': network })
}

/** Logs in to a registry from a network. */
export function tryLogin(url: string, login: Login, network = '203.0.113.1'): Promise<TokenResponse> {
  return askForToken(url, { login, headers: { 'x-forwarded-for': network } })
}

export async function signInOutcome(url: string, input: Login, network?: string): Promise<Outcome> {
  const { body } = await trySignIn(url, input, network)
  const [error] = body.errors ?? []
  if (error !== undefined) {
    if (error.extensions.code === 'TOO_MANY_REQUESTS') return 'denied'
    throw new Error(JSON.stringify(error))
  }
  return JSON.stringify(body.data).includes('"sessionToken":null') ? 'failed' : 'right'
}

const outcomes: Readonly<Record<number, Outcome>> = { 200: 'right', 401: 'failed', 429: 'denied' }

export async function loginOutcome(url: string, login: Login, network?: string): Promise<Outcome> {
  const { status, text } = await tryLogin(url, login, network)
  const outcome = outcomes[status]
  if (outcome === undefined) throw new Error(`${status}: ${text}`)
  return outcome
}

/** The outcomes of a number of attempts, one after the other. */
export async function repeat<T>(times: number, attempt: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = []
  for (let index = 0; index < times; index++) all.push(await attempt(index))
  return all
}

/** Counts the outcomes. */
export function counted(all: readonly Outcome[]): Partial<Record<Outcome, number>> {
  return Object.fromEntries([...Map.groupBy(all, (each) => each)].map(([outcome, some]) => [outcome, some.length]))
}

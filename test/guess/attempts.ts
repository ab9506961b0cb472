import { Client, type WireAnswer } from '../harness/client.ts'
import { askForToken, type Login, type TokenAnswer } from '../harness/token-endpoint.ts'

/** What a guess came to. `failed`: wrong, as data or with 401; `denied`: nobody looked. */
export type Outcome = 'right' | 'failed' | 'denied'

const signInMutation = `mutation ($input: SignInInput!) {
  signIn(input: $input) { sessionToken userErrors { code message path } }
}`

/** Signs in from a network, behind a proxy that is trusted. */
export function trySignIn(url: string, input: Login, network = '203.0.113.1'): Promise<WireAnswer> {
  const body = { query: signInMutation, variables: { input } }
  return new Client(url, undefined).send(body, { 'x-forwarded-for': network })
}

/** Logs in to a registry from a network. */
export function tryLogin(url: string, login: Login, network = '203.0.113.1'): Promise<TokenAnswer> {
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

/** The outcomes of so many attempts, one after the other. */
export async function repeat<T>(times: number, attempt: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = []
  for (let index = 0; index < times; index++) all.push(await attempt(index))
  return all
}

/** So many times each. */
export function counted(all: readonly Outcome[]): Partial<Record<Outcome, number>> {
  return Object.fromEntries([...Map.groupBy(all, (each) => each)].map(([outcome, some]) => [outcome, some.length]))
}

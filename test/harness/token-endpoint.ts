import { decodeJwt } from 'jose'

/** A username and a password, as `docker login` takes them. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** What a registry client asks the token endpoint for. */
export interface TokenQuestion {
  /** Null: anonymous. */
  readonly login?: Login | null
  /** One `scope` parameter each, in this order. */
  readonly scopes?: readonly string[]
  /** More parameters, such as `service` and `account`. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** What it answered. */
export interface TokenAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body to the byte. */
  readonly text: string
  readonly body: { readonly token?: string; readonly errors?: readonly { code: string; message: string }[] }
}

/** The name that goes with a token of the organization `acme`. */
export const acme = (password: string): Login => ({ username: 'acme', password })

/** `Authorization: Basic`, of whatever bytes. */
export const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

let clients = 0

/** The headers of a client that has not asked before: what one client asks for again within a minute is reserved once. */
export const anotherClient = () => ({ 'user-agent': `client-${clients++}/1.0` })

/** Asks with `GET /token`, as docker and skopeo do. */
export async function askForToken(url: string, question: TokenQuestion = {}): Promise<TokenAnswer> {
  const { login, scopes = [], parameters = {}, headers = {} } = question
  const query = new URLSearchParams({ service: 'registry', ...parameters })
  for (const scope of scopes) query.append('scope', scope)
  const authorization = login ? { authorization: basic(`${login.username}:${login.password}`) } : {}
  return answerOf(await fetch(`${url}/token?${query}`, { headers: { ...authorization, ...headers } }))
}

/** Asks with `POST /token` and a form, as containerd does. */
export async function postForToken(
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const body = new URLSearchParams({ service: 'registry', client_id: 'containerd-client', ...form })
  return answerOf(await fetch(`${url}/token`, { method: 'POST', body, headers }))
}

/** Reads an answer of the token endpoint, however it was asked. */
export async function answerOf(response: Response): Promise<TokenAnswer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text === '' ? {} : JSON.parse(text) }
}

/** What an answer lets its bearer do: `{ 'acme/app': ['pull'] }`. Throws where the question was refused. */
export function grantsIn(answer: TokenAnswer): Record<string, string[]> {
  const { access } = decodeJwt<{ access: { type: string; name: string; actions: string[] }[] }>(tokenIn(answer))
  const grants: Record<string, string[]> = {}
  for (const { type, name, actions } of access) {
    if (type !== 'repository') throw new Error(`Access to a ${type} was granted: ${name}.`)
    if (grants[name] !== undefined) throw new Error(`${name} stands twice in the token.`)
    grants[name] = actions
  }
  return grants
}

/** The signed token of an answer. Throws where the question was refused. */
export function tokenIn({ status, body, text }: TokenAnswer): string {
  if (status !== 200 || body.token === undefined) throw new Error(`No token, but ${status}: ${text}`)
  return body.token
}

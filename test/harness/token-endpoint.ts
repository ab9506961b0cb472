import { decodeJwt } from 'jose'

/** A username and a password, as for `docker login`. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** The request of a registry client to the token endpoint. */
export interface TokenQuestion {
  /** Null: anonymous. */
  readonly login?: Login | null
  /** One `scope` parameter each, in this order. */
  readonly scopes?: readonly string[]
  /** More parameters, such as `service` and `account`. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** The response. */
export interface TokenResponse {
  readonly status: number
  readonly headers: Headers
  /** The raw body. */
  readonly text: string
  readonly body: { readonly token?: string; readonly errors?: readonly { code: string; message: string }[] }
}

/** The login of a token of the organization `acme`. */
export const acme = (password: string): Login => ({ username: 'acme', password })

/** `Authorization: Basic` with any bytes. */
export const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

let clients = 0

/** The headers of a new client. Requests of one client for the same repository within a minute reserve one pull. */
export const anotherClient = () => ({ 'user-agent': `client-${clients++}/1.0` })

/** Sends `GET /token`, like docker and skopeo. */
export async function askForToken(url: string, question: TokenQuestion = {}): Promise<TokenResponse> {
  const { login, scopes = [], parameters = {}, headers = {} } = question
  const query = new URLSearchParams({ service: 'registry', ...parameters })
  for (const scope of scopes) query.append('scope', scope)
  const authorization = login ? { authorization: basic(`${login.username}:${login.password}`) } : {}
  return readResponse(await fetch(`${url}/token?${query}`, { headers: { ...authorization, ...headers } }))
}

/** Sends `POST /token` with a form, like containerd. */
export async function postForToken(
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenResponse> {
  const body = new URLSearchParams({ service: 'registry', client_id: 'containerd-client', ...form })
  return readResponse(await fetch(`${url}/token`, { method: 'POST', body, headers }))
}

/** Reads a response of the token endpoint to either method. */
export async function readResponse(response: Response): Promise<TokenResponse> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text === '' ? {} : JSON.parse(text) }
}

/** The grants in a response: `{ 'acme/app': ['pull'] }`. Throws if the request was rejected. */
export function grantsIn(answer: TokenResponse): Record<string, string[]> {
  const { access } = decodeJwt<{ access: { type: string; name: string; actions: string[] }[] }>(tokenIn(answer))
  const grants: Record<string, string[]> = {}
  for (const { type, name, actions } of access) {
    if (type !== 'repository') throw new Error(`Access to a ${type} was granted: ${name}.`)
    if (grants[name] !== undefined) throw new Error(`${name} stands twice in the token.`)
    grants[name] = actions
  }
  return grants
}

/** The signed token in a response. Throws if the request was rejected. */
export function tokenIn({ status, body, text }: TokenResponse): string {
  if (status !== 200 || body.token === undefined) throw new Error(`No token, but ${status}: ${text}`)
  return body.token
}

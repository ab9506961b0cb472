import { RegistryError } from './registry-error.ts'
import { MalformedScope, parseRequestedScopes, type RequestedScope } from './requested-scope.ts'

/** A request for a bearer token, in either format of the protocol. */
export interface TokenRequest {
  /** Null means anonymous. */
  readonly credentials: { readonly username: string; readonly password: string } | null
  readonly scopes: readonly RequestedScope[]
}

/** The expected values of parameters. */
interface Expectations {
  readonly service: string
}

/**
 * Reads `GET /token`: scopes in the query, credentials by HTTP Basic (distribution's token authentication
 * specification, "Requesting a token"). Throws `RegistryError` (400, and 401 for credentials that cannot be read).
 */
export function parseGetRequest(
  query: URLSearchParams,
  authorization: string | undefined,
  expected: Expectations,
): TokenRequest {
  checkService(query, expected)
  return { credentials: parseBasic(authorization), scopes: parseScopes(query) }
}

/**
 * Reads `POST /token`: the same in a form, credentials with `grant_type=password` (distribution's OAuth2 token
 * specification). Throws `RegistryError` (400).
 */
export function parsePostRequest(
  form: URLSearchParams,
  authorization: string | undefined,
  expected: Expectations,
): TokenRequest {
  checkService(form, expected)
  if (form.get('grant_type') !== 'password')
    throw badRequest(
      'Send grant_type=password with username and password. No refresh tokens are given: log in again with the ' +
        'access token.',
    )
  const username = form.get('username')
  const password = form.get('password')
  const credentials = username !== null && password !== null ? { username, password } : parseBasic(authorization)
  if (credentials === null) throw badRequest('Send username and password along with grant_type=password.')
  return { credentials, scopes: parseScopes(form) }
}

function checkService(parameters: URLSearchParams, { service }: Expectations): void {
  const asked = parameters.get('service')
  if (asked !== null && asked !== service)
    throw badRequest(
      `This server gives tokens for the service "${service}", and the registry asks for another. Set the same ` +
        'service in its configuration and in REGISTRY_SERVICE.',
    )
}

function parseScopes(parameters: URLSearchParams): RequestedScope[] {
  try {
    return parseRequestedScopes(parameters.getAll('scope'))
  } catch (error) {
    if (error instanceof MalformedScope) throw badRequest(error.message)
    throw error
  }
}

/** RFC 7617. */
function parseBasic(authorization: string | undefined): TokenRequest['credentials'] {
  if (authorization === undefined) return null
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization)?.[1]
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString()
  const colon = decoded.indexOf(':')
  if (colon < 0) throw badCredentials()
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function badRequest(message: string): RegistryError {
  return new RegistryError({ status: 400, code: 'UNSUPPORTED', message })
}

/** The error of rejected credentials, the same for all reasons. Docker shows the message unchanged. */
export function badCredentials(): RegistryError {
  return new RegistryError({
    status: 401,
    code: 'UNAUTHORIZED',
    message:
      'the username or the access token is wrong, or the token is inactive, expired or deleted; log in with the ' +
      'name of the organization and an active token of it, or with your username and an active token of yours or ' +
      'your password',
  })
}

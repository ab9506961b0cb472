import { isRegistryRepositoryName } from '../domain/model/repository-name.ts'
import type { RepositoryRequest } from '../domain/registry-access/grant-repository-access.ts'
import type { RepositoryAction } from '../domain/registry-access/repository-action.ts'
import { RegistryError } from './registry-error.ts'

/** Twice the length of the longest repository name (255) with its type and actions. */
const MAX_SCOPE_LENGTH = 512

const RESOURCE_TYPE = /^([a-z0-9]+)(?:\([a-z0-9]+\))?$/

/**
 * A resource that a client requests. `*` means all actions that the caller may do: it must be expanded and never
 * granted itself, because a registry interprets it as all actions. Postern grants nothing on repositories with a `name`
 * that no repository can have, and on `other` resources, such as `registry:catalog:*`.
 */
export type RequestedScope =
  | ({ readonly type: 'repository' } & RepositoryRequest)
  | { readonly type: 'invalid repository'; readonly name: string }
  | { readonly type: 'other'; readonly name: string }

/** The error of a `scope` parameter in an invalid format. Its message can be shown to the client. */
export class MalformedScope extends Error {
  override readonly name = 'MalformedScope'
}

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

/**
 * Parses the `scope` parameters of a token request: repeated (GET), separated by spaces (POST), or both. Scopes on the
 * same repository are merged, and actions that do not exist are dropped. Only the size of the request limits their
 * number: clients that copy many repositories repeat all scopes in each request.
 *
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 * @throws MalformedScope if one is not `type:name:actions`, or is too long.
 */
export function parseRequestedScopes(parameters: ReadonlyArray<string>): RequestedScope[] {
  const scopes = parameters.flatMap((parameter) => parameter.split(' ')).filter((scope) => scope !== '')
  const byName = Map.groupBy(scopes.map(parseScope), ({ type, name }) => `${type}:${name}`)
  return [...byName.values()].flatMap(merge)
}

function parseScope(scope: string): RequestedScope {
  if (scope.length > MAX_SCOPE_LENGTH) {
    throw new MalformedScope(`A scope can have at most ${MAX_SCOPE_LENGTH} characters.`)
  }
  // The first and the last colon, because a name can start with a host and its port.
  const first = scope.indexOf(':')
  const last = scope.lastIndexOf(':')
  const type = RESOURCE_TYPE.exec(scope.slice(0, Math.max(first, 0)))?.[1]
  if (type === undefined || first === last) {
    throw new MalformedScope('A scope must have the form type:name:actions, such as repository:acme/app:pull,push.')
  }
  const name = scope.slice(first + 1, last)
  if (type !== 'repository') return { type: 'other', name: scope }
  if (!isRegistryRepositoryName(name)) return { type: 'invalid repository', name }
  const actions = scope.slice(last + 1).split(',')
  return { type, name, scopes: [new Set(actions.filter(isRequestableAction))] }
}

/** One scope for all of a name. */
function merge([first, ...others]: readonly RequestedScope[]): RequestedScope[] {
  if (first?.type !== 'repository') return first === undefined ? [] : [first]
  const all = [first, ...others].flatMap((scope) => (scope.type === 'repository' ? scope.scopes : []))
  return [{ ...first, scopes: all }]
}

function isRequestableAction(action: string): action is RepositoryAction | '*' {
  return action === 'pull' || action === 'push' || action === 'delete' || action === '*'
}

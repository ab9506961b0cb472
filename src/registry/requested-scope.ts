import { isRegistryRepositoryName } from '../domain/model/repository-name.ts'
import type { RepositoryAction, RepositoryRequest } from '../domain/registry-access/grant-repository-access.ts'

const MAX_SCOPES = 50
/** Twice the length of the longest repository name (255) with its type and actions. */
const MAX_SCOPE_LENGTH = 512

const RESOURCE_TYPE = /^([a-z0-9]+)(?:\([a-z0-9]+\))?$/
/**
 * A resource that a client requests. `*` means all actions that the caller may do: it must be expanded and never
 * granted itself, because a registry interprets it as all actions. Postern grants nothing on `other` resources: those
 * of another type (`registry:catalog:*`), or with a name that no repository can have.
 */
export type RequestedScope =
  | ({ readonly type: 'repository' } & RepositoryRequest)
  | { readonly type: 'other'; readonly scope: string }

/** The error of a `scope` parameter in an invalid format. Its message can be shown to the client. */
export class MalformedScope extends Error {
  override readonly name = 'MalformedScope'
}

/**
 * Parses the `scope` parameters of a token request: repeated (GET), separated by spaces (POST), or both. Scopes on the
 * same repository are merged, and actions that do not exist are dropped.
 *
 * @see https://distribution.github.io/distribution/spec/auth/scope/
 * @throws MalformedScope if one is not `type:name:actions`, is too long, or there are more than 50.
 */
export function parseRequestedScopes(parameters: ReadonlyArray<string>): RequestedScope[] {
  const scopes = parameters.flatMap((parameter) => parameter.split(' ')).filter((scope) => scope !== '')
  if (scopes.length > MAX_SCOPES) {
    throw new MalformedScope(`A token request can have at most ${MAX_SCOPES} scopes; this one has ${scopes.length}.`)
  }
  const merged = new Map<string, RequestedScope>()
  for (const scope of scopes.map(parseScope)) {
    const key = scope.type === 'repository' ? `repository:${scope.name}` : `other:${scope.scope}`
    merged.set(key, merge(merged.get(key), scope))
  }
  return [...merged.values()]
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
  if (type !== 'repository' || !isRegistryRepositoryName(name)) return { type: 'other', scope }
  const actions = scope.slice(last + 1).split(',')
  return { type, name, actions: new Set(actions.filter(isRequestableAction)) }
}

function merge(earlier: RequestedScope | undefined, later: RequestedScope): RequestedScope {
  if (earlier?.type !== 'repository' || later.type !== 'repository') return later
  return { ...later, actions: new Set([...earlier.actions, ...later.actions]) }
}

function isRequestableAction(action: string): action is RepositoryAction | '*' {
  return action === 'pull' || action === 'push' || action === 'delete' || action === '*'
}

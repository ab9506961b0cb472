import { findNewestHash } from '../identity/secret-store.ts'
import { findOrganizationTokens, findPersonalTokens } from '../identity/token-principal-store.ts'
import { type AccessTokenStatus, statusOf, statusReasons } from '../model/access-token.ts'
import { type Permission, permissionResource } from '../model/permission.ts'
import { parseRepositoryName, type RepositoryName, repositoryNameRule } from '../model/repository-name.ts'
import {
  type AccessRefusalReason,
  denialMessage,
  denialReason,
  type NamedFacts,
  type TokenPrincipal,
} from '../policy/access-denial.ts'
import { namespaceIdOf } from '../policy/principal.ts'
import { mayCreateRepositoryByPush } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { findRepository } from '../repository/find-repository.ts'
import { Denied } from '../shared/errors.ts'
import { findVisibleToken } from '../token/require-token.ts'
import type { OwnedToken } from '../token/token-store.ts'
import { findUsage } from '../usage/token-usage-store.ts'
import { usageWindowAt } from '../usage/usage-limit.ts'
import { countedSubject } from './count-granted-pulls.ts'

/** A use of a token: these permissions, requested together. */
export interface AccessQuestion {
  readonly tokenId: string
  /** The repository's full name. */
  readonly repository: string
  readonly permissions: readonly Permission[]
}

/** Whether one of the permissions would be granted. */
export interface PermissionExplanation {
  readonly permission: Permission
  readonly granted: boolean
  /** Null: it is granted. */
  readonly reason: AccessRefusalReason | null
  readonly message: string
  /** When the pull limit resets. Null for every other reason. */
  readonly resetsAt: Date | null
}

export interface AccessExplanation {
  /** Whether the push would create the repository. */
  readonly createsRepository: boolean
  /** In the order of the question, each once. */
  readonly permissions: readonly PermissionExplanation[]
}

/**
 * What a use of a token would be granted at this moment, and why not the rest. Null for a token that the caller does
 * not manage, whether it exists or not. Nothing is counted, created or recorded. A repository that the caller cannot
 * see looks like one that does not exist; their tokens have no permission on it.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token, BAD_USER_INPUT for an invalid repository name, and
 * for a permission that is not on repositories).
 */
export async function explainAccess(
  context: RequestContext,
  question: AccessQuestion,
): Promise<AccessExplanation | null> {
  requirePerson(context.principal)
  const permissions = [...new Set(question.permissions)]
  const name = parseRepositoryName(question.repository)
  if (name === null) throw new Denied('BAD_USER_INPUT', repositoryNameRule)
  const foreign = permissions.find((permission) => permissionResource(permission) !== 'REPOSITORY')
  if (foreign !== undefined)
    throw new Denied('BAD_USER_INPUT', `${foreign} is not on repositories. Ask for permissions that are.`)

  const token = await findVisibleToken(context, question.tokenId)
  if (token === null) return null
  const principal = await principalOf(context, token)
  if (principal === null) {
    const denied = unusable(context, token)
    return { createsRepository: false, permissions: permissions.map((permission) => ({ ...denied, permission })) }
  }
  const found = await findRepository(context.em, context.principal, question.repository)
  const created = found === null ? createdByPush(principal, name) : null
  const isPush = permissions.includes('IMAGE_PUSH')
  const repository = found ?? (isPush ? created : null)
  const explained = permissions.map((permission) =>
    repository === null
      ? missing(permission, question.repository, created !== null)
      : explain(principal, repository, permission),
  )
  return {
    createsRepository: found === null && repository !== null,
    permissions: await withinPullLimit(context, principal, explained),
  }
}

/** The principal of the token's newest secret, found as both protocols do. Null: it cannot be used. */
async function principalOf(context: RequestContext, token: OwnedToken): Promise<TokenPrincipal | null> {
  const { em, now, settings } = context
  if (statusIn(context, token) !== 'ACTIVE') return null
  const hashes = await findNewestHash(em, { namespaceId: token.owner.id, tokenId: token.id })
  const [found = null] = await (token.owner.plan === null
    ? findPersonalTokens(em, hashes, now)
    : findOrganizationTokens(em, hashes, settings.plans, now))
  return found !== null && 'scopes' in found ? found : null
}

function statusIn({ settings, now }: RequestContext, token: OwnedToken): AccessTokenStatus {
  return statusOf(token, token.owner.plan && settings.plans[token.owner.plan], now)
}

function unusable(context: RequestContext, token: OwnedToken): Omit<PermissionExplanation, 'permission'> {
  const denied = { granted: false, resetsAt: null }
  const status = statusIn(context, token)
  if (status === 'SUSPENDED') return { ...denied, reason: 'TOKEN_SUSPENDED', message: statusReasons.SUSPENDED ?? '' }
  if (status === 'EXPIRED')
    return { ...denied, reason: 'TOKEN_EXPIRED', message: 'This token has expired. Generate a new one.' }
  const message =
    token.owner.plan === null
      ? 'This token is inactive. Let activateToken activate it.'
      : 'This token is inactive. Generate a new one, or activate it where the policy of the organization allows that.'
  return { ...denied, reason: 'TOKEN_INACTIVE', message }
}

/** The repository that a first push would create. Null: the token may not create it. */
function createdByPush(principal: TokenPrincipal, { namespace, path }: RepositoryName): NamedFacts | null {
  const namespaceId = namespaceIdOf(principal, namespace)
  if (namespaceId === null || !mayCreateRepositoryByPush(principal, namespaceId)) return null
  return { id: '', name: `${namespace}/${path}`, namespaceId, visibility: 'PRIVATE', groupAccess: null }
}

function missing(permission: Permission, name: string, mayBeCreated: boolean): PermissionExplanation {
  const whatToDo = mayBeCreated
    ? 'The first push with this token creates it.'
    : 'Check the name, or create it; a push with this token does not.'
  const message = `There is no repository ${name} that you can see. ${whatToDo}`
  return { permission, granted: false, reason: 'REPOSITORY_MISSING', message, resetsAt: null }
}

function explain(principal: TokenPrincipal, repository: NamedFacts, permission: Permission): PermissionExplanation {
  const reason = denialReason(principal, repository, permission)
  const message =
    reason === null
      ? `This token has ${permission} on ${repository.name}.`
      : denialMessage(reason, principal, repository, permission)
  return { permission, granted: reason === null, reason, message, resetsAt: null }
}

/** Denies the pull if the token endpoint would count it, and no pull is left. */
async function withinPullLimit(
  { em, now, settings }: RequestContext,
  principal: TokenPrincipal,
  explained: readonly PermissionExplanation[],
): Promise<readonly PermissionExplanation[]> {
  const counted = countedSubject(principal, settings)
  const granted = new Set(explained.filter((each) => each.granted).map(({ permission }) => permission))
  const isPull = granted.has('IMAGE_PULL') && !granted.has('IMAGE_PUSH') && !granted.has('IMAGE_DELETE')
  if (!isPull || counted === null || counted.limit === null) return explained
  const { namespaceId, subjectId, limit } = counted
  const [usage] = await findUsage(em, [{ namespaceId, ids: [subjectId] }], now)
  if ((usage?.get(subjectId)?.[0]?.pulls ?? 0) < limit) return explained
  const resetsAt = usageWindowAt(now).endsAt
  const message = `All ${limit} pulls of the usage window are used up. Pull again after ${resetsAt.toISOString()}.`
  return explained.map((each) =>
    each.permission === 'IMAGE_PULL'
      ? { ...each, granted: false, reason: 'PULL_LIMIT_REACHED', message, resetsAt }
      : each,
  )
}

import { findTokenPrincipal } from '../identity/find-token-principal.ts'
import { type AccessTokenStatus, statusOf, statusReasons } from '../model/access-token.ts'
import { type Permission, permissionResource } from '../model/permission.ts'
import { parseRepositoryName, repositoryNameRule } from '../model/repository-name.ts'
import {
  type AccessRefusalReason,
  denialMessage,
  denialReason,
  type NamedFacts,
  type TokenPrincipal,
} from '../policy/access-denial.ts'
import { repositoryCreatedByPush } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { findRepository } from '../repository/find-repository.ts'
import { Denied } from '../shared/errors.ts'
import { findVisibleToken } from '../token/require-token.ts'
import type { OwnedToken } from '../token/token-store.ts'
import { findUsage } from '../usage/token-usage-store.ts'
import { countedSubject, usageWindowAt } from '../usage/usage-limit.ts'

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
  if (parseRepositoryName(question.repository) === null) throw new Denied('BAD_USER_INPUT', repositoryNameRule)
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
  const created = found === null ? repositoryCreatedByPush(principal, question.repository) : null
  const repository = found ?? (created && { ...created, name: question.repository })
  const explained = permissions.map((permission) =>
    repository === null
      ? missing(permission, question.repository)
      : explain(principal, repository, permission, created !== null),
  )
  return {
    createsRepository: created !== null && permissions.includes('IMAGE_PUSH'),
    permissions: await withinPullLimit(context, principal, explained),
  }
}

/** Null: the token cannot be used. */
async function principalOf(context: RequestContext, token: OwnedToken): Promise<TokenPrincipal | null> {
  const { em, now, settings } = context
  if (statusIn(context, token) !== 'ACTIVE') return null
  const { id: namespaceId, plan } = token.owner
  return findTokenPrincipal(em, { namespaceId, tokenId: token.id, isPersonal: plan === null }, settings.plans, now)
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

function missing(permission: Permission, name: string): PermissionExplanation {
  const whatToDo = 'Check the name, or create it; a push with this token does not.'
  const message = `There is no repository ${name} that you can see. ${whatToDo}`
  return { permission, granted: false, reason: 'REPOSITORY_MISSING', message, resetsAt: null }
}

function explain(
  principal: TokenPrincipal,
  repository: NamedFacts,
  permission: Permission,
  isNew: boolean,
): PermissionExplanation {
  const reason = denialReason(principal, repository, permission)
  const whenCreated = isNew ? ', which does not exist until a registry reports its first push' : ''
  const message =
    reason === null
      ? `This token has ${permission} on ${repository.name}${whenCreated}.`
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

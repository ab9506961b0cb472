import { sql } from 'kysely'
import { findOrganizationTokens } from '../identity/authenticate-bearer.ts'
import { findPersonalTokens } from '../identity/find-principals.ts'
import { statusOf } from '../model/access-token.ts'
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
import { statement, type ValueOf } from '../sql/statement.ts'
import type { OwnedToken } from '../token/find-token.ts'
import { findVisibleToken } from '../token/require-token.ts'
import { findUsage } from '../usage/find-usage.ts'
import { usageWindowAt } from '../usage/usage-limit.ts'
import { countedSubject } from './grant-repository-access.ts'

/** A use of a token that somebody wonders about: these permissions, asked for together. */
export interface AccessQuestion {
  readonly tokenId: string
  /** The repository's full name. */
  readonly repository: string
  readonly permissions: readonly Permission[]
}

/** What would come of one of the permissions. */
export interface PermissionExplanation {
  readonly permission: Permission
  readonly granted: boolean
  /** Null: it is granted. */
  readonly reason: AccessRefusalReason | null
  readonly message: string
  /** When a limit that has been reached starts anew; null for every other reason. */
  readonly resetsAt: Date | null
}

export interface AccessExplanation {
  /** Whether the push would make the repository. */
  readonly createsRepository: boolean
  /** In the order in which they were asked for, each of them once. */
  readonly permissions: readonly PermissionExplanation[]
}

/**
 * What a use of a token would be granted at this moment, and why not the rest; null for a token that the caller does not
 * manage, whether it exists or not. Nothing is counted, made or noted as a use by it. A repository that the caller may not see is
 * missing, as it is for everything else that they ask; their tokens hold nothing on it.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token, BAD_USER_INPUT for what is no name of a repository, or
 * a permission that is not on repositories).
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
    const refused = unusable(token, context.now)
    return { createsRepository: false, permissions: permissions.map((permission) => ({ ...refused, permission })) }
  }
  const found = await findRepository(context.em, context.principal, question.repository)
  const made = found === null ? madeByPush(principal, name) : null
  const isPush = permissions.includes('IMAGE_PUSH')
  const repository = found ?? (isPush ? made : null)
  const explained = permissions.map((permission) =>
    repository === null
      ? missing(permission, question.repository, made !== null)
      : explain(principal, repository, permission),
  )
  return {
    createsRepository: found === null && repository !== null,
    permissions: await withinPullLimit(context, principal, explained),
  }
}

const selectNewestSecret = statement((db, value: ValueOf<{ namespaceId: string; tokenId: string }>) =>
  db
    .selectFrom('access_token_secret')
    .select(sql<Buffer>`hash`.as('hash'))
    .where('namespace_id', '=', value('namespaceId'))
    .where('token_id', '=', value('tokenId'))
    .where('expires_at', 'is', null),
)

/** Who would use the token with its newest secret, as both doors look it up; null where it cannot be used. */
async function principalOf({ em, now }: RequestContext, token: OwnedToken): Promise<TokenPrincipal | null> {
  if (statusOf(token, now) !== 'ACTIVE') return null
  const secrets = await selectNewestSecret(em, { namespaceId: token.owner.id, tokenId: token.id })
  const hashes = secrets.map(({ hash }) => hash)
  const find = token.owner.plan === null ? findPersonalTokens : findOrganizationTokens
  const [found = null] = await find(em, hashes, now)
  return found !== null && 'scopes' in found ? found : null
}

function unusable(token: OwnedToken, now: Date): Omit<PermissionExplanation, 'permission'> {
  const refused = { granted: false, resetsAt: null }
  if (statusOf(token, now) === 'EXPIRED')
    return { ...refused, reason: 'TOKEN_EXPIRED', message: 'This token has expired. Generate a new one.' }
  const message =
    token.owner.plan === null
      ? 'This token is inactive. Let activateToken activate it.'
      : 'This token is inactive. Generate a new one, or activate it where the policy of the organization allows that.'
  return { ...refused, reason: 'TOKEN_INACTIVE', message }
}

/** The repository that a first push would make; null where the token may not make one. */
function madeByPush(principal: TokenPrincipal, { namespace, path }: RepositoryName): NamedFacts | null {
  const namespaceId = namespaceIdOf(principal, namespace)
  if (namespaceId === null || !mayCreateRepositoryByPush(principal, namespaceId)) return null
  return { id: '', name: `${namespace}/${path}`, namespaceId, visibility: 'PRIVATE', groupAccess: null }
}

function missing(permission: Permission, name: string, mayBeMade: boolean): PermissionExplanation {
  const whatToDo = mayBeMade
    ? 'The first push with this token makes it.'
    : 'Check the name, or make it; a push with this token does not.'
  const message = `There is no repository ${name} that you can see. ${whatToDo}`
  return { permission, granted: false, reason: 'REPOSITORY_MISSING', message, resetsAt: null }
}

function explain(principal: TokenPrincipal, repository: NamedFacts, permission: Permission): PermissionExplanation {
  const reason = denialReason(principal, repository, permission)
  const message =
    reason === null
      ? `This token holds ${permission} on ${repository.name}.`
      : denialMessage(reason, principal, repository, permission)
  return { permission, granted: reason === null, reason, message, resetsAt: null }
}

/** Takes the pull back where the registry's door would count it, and there is none left. */
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

import type { Permission } from '../model/permission.ts'
import { groupMemberId, repositoryCreatedByPush, repositoryPermissions } from '../policy/repository-policy.ts'
import { countedSubject, usageWindowAt } from '../usage/usage-limit.ts'
import { failedActions } from './failed-actions.ts'
import type { RegistryContext } from './lookups.ts'
import { recordDeniedAccess, recordUsedUpPulls } from './record-denied-access.ts'
import type { RepositoryAction, RequestedActions } from './repository-action.ts'

/** What a client requests on a repository. */
export interface RepositoryRequest {
  readonly name: string
  /** The actions of each scope that names the repository. */
  readonly scopes: readonly RequestedActions[]
}

/** The actions that the caller may do. Never `*`, which registries take for all actions. */
export interface RepositoryGrant {
  readonly name: string
  readonly actions: readonly RepositoryAction[]
}

/** Thrown when the pulls of a usage window are used up. Logins and pushes still work. */
export class PullLimitReached extends Error {
  readonly limit: number
  readonly resetsAt: Date

  constructor(limit: number, resetsAt: Date) {
    super(`All ${limit} pulls of the usage window are used up. It ends at ${resetsAt.toISOString()}.`)
    this.name = 'PullLimitReached'
    this.limit = limit
    this.resetsAt = resetsAt
  }
}

/** Thrown when the token or the account has been deleted since it was authenticated. */
export class SubjectDeleted extends Error {
  override readonly name = 'SubjectDeleted'
}

const permissionFor: Readonly<Record<RepositoryAction, Permission>> = {
  pull: 'IMAGE_PULL',
  push: 'IMAGE_PUSH',
  delete: 'IMAGE_DELETE',
}
const everyAction = Object.keys(permissionFor) as RepositoryAction[]

/**
 * Grants those of the requested actions that the principal may do at this moment. Less than requested is a result, not
 * an error. On a repository that does not exist, principals whose push would create it may do what they may on the new
 * one, if they request it by name. It is created when its registry reports a push (`create-pushed-repositories.ts`): so
 * a request alone leaves nothing behind, and a pull right after the push is granted before the report arrives.
 *
 * A request that is granted nothing but pulls counts as one pull per repository, whatever it requests: otherwise
 * clients without the permission to push could request it, too, and pull without a limit. Clients that push are granted
 * pulls along with it; these do not count.
 *
 * Throws `PullLimitReached` and `SubjectDeleted`.
 */
export async function grantRepositoryAccess(
  context: RegistryContext,
  requests: readonly RepositoryRequest[],
): Promise<RepositoryGrant[]> {
  if (requests.length === 0) return []
  const userId = groupMemberId(context.principal)
  const repositories = await context.lookups.repositories(requests.map(({ name }) => ({ name, userId })))

  const grants = requests.map(({ name, scopes }, index): RepositoryGrant => {
    const isForAny = scopes.some((actions) => actions.has('*'))
    const requested = everyAction.filter((action) => isForAny || scopes.some((actions) => actions.has(action)))
    const repository = repositories[index] ?? (isForAny ? null : repositoryCreatedByPush(context.principal, name))
    const held = repository === null ? [] : repositoryPermissions(context.principal, repository)
    return { name, actions: requested.filter((action) => held.includes(permissionFor[action])) }
  })
  recordFailures(context, requests, grants)
  const granted = grants.filter(({ actions }) => actions.length > 0)
  const isPull = granted.length > 0 && granted.every(({ actions }) => actions.every((action) => action === 'pull'))
  if (isPull)
    await countGrantedPulls(
      context,
      granted.map(({ name }) => name),
    )
  return granted
}

function recordFailures(
  context: RegistryContext,
  requests: readonly RepositoryRequest[],
  grants: readonly RepositoryGrant[],
): void {
  const isPush = grants.some(({ actions }) => actions.includes('push'))
  const failures = requests.flatMap(({ name: repository, scopes }, index) =>
    failedActions(scopes, grants[index]?.actions ?? [], isPush).map((action) => {
      return { repository, permission: permissionFor[action] }
    }),
  )
  recordDeniedAccess(context, failures)
}

/**
 * Counts a granted pull of each repository: those of an organization token by themselves, those of a person together
 * for all of their tokens and the password, and those of anonymous clients by network. Throws `PullLimitReached` and
 * `SubjectDeleted`.
 */
async function countGrantedPulls(context: RegistryContext, repositories: readonly string[]): Promise<void> {
  const { lookups, principal, settings, now, origin } = context
  const subject = countedSubject(principal, settings)
  const limit = subject === null ? settings.anonymousPulls : subject.limit
  if (subject === null && limit === null) return
  const outcome = await lookups.countPulls({
    subject,
    at: now,
    grantSeconds: settings.grantSeconds,
    repositories,
    ipAddress: origin.ipAddress,
    userAgent: origin.userAgent,
    limit,
  })
  if (outcome === 'NO_SUBJECT') throw new SubjectDeleted()
  if (outcome !== 'LIMIT_REACHED') return
  recordUsedUpPulls(context)
  throw new PullLimitReached(limit ?? 0, usageWindowAt(now).endsAt)
}

import type { Permission } from '../model/permission.ts'
import { repositoryCreatedByPush, repositoryPermissions } from '../policy/repository-policy.ts'
import { groupMemberId } from '../repository/find-repository.ts'
import { countGrantedPulls } from './count-granted-pulls.ts'
import { failedActions } from './failed-actions.ts'
import type { RegistryContext } from './lookups.ts'
import { recordDeniedAccess } from './record-denied-access.ts'
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

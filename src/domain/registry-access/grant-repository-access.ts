import type { Permission } from '../model/permission.ts'
import { repositoryCreatedByPush, repositoryPermissions } from '../policy/repository-policy.ts'
import { groupMemberId } from '../repository/find-repository.ts'
import { countGrantedPulls } from './count-granted-pulls.ts'
import type { RegistryContext } from './lookups.ts'
import { recordDeniedAccess } from './record-denied-access.ts'

/**
 * What a registry lets clients do with a repository. A push needs `pull` too; deleting a manifest needs `delete` alone.
 */
export type RepositoryAction = 'pull' | 'push' | 'delete'

/** The actions that a client requests on a repository. `*` means every action that the caller may do. */
export interface RepositoryRequest {
  readonly name: string
  readonly actions: ReadonlySet<RepositoryAction | '*'>
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

  const grants: RepositoryGrant[] = []
  for (const [index, { name, actions }] of requests.entries()) {
    const requested = actions.has('*') ? everyAction : everyAction.filter((action) => actions.has(action))
    const repository =
      repositories[index] ?? (actions.has('*') ? null : repositoryCreatedByPush(context.principal, name))
    const held = repository === null ? [] : repositoryPermissions(context.principal, repository)
    const granted = requested.filter((action) => held.includes(permissionFor[action]))
    // Clients that request everything expect less.
    const denied = actions.has('*') ? [] : requested.filter((action) => !granted.includes(action))
    for (const action of denied) recordDeniedAccess(context, { repository: name, permission: permissionFor[action] })
    if (granted.length > 0) grants.push({ name, actions: granted })
  }
  const isPull = grants.length > 0 && grants.every(({ actions }) => actions.every((action) => action === 'pull'))
  if (isPull)
    await countGrantedPulls(
      context,
      grants.map(({ name }) => name),
    )
  return grants
}

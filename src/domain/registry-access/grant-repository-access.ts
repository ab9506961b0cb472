import type { Permission } from '../model/permission.ts'
import { groupMemberId, repositoryPermissions } from '../policy/repository-policy.ts'
import { createRepositoryByPush } from '../repository/create-repository-by-push.ts'
import { countedSubject, usageWindowAt } from '../usage/usage-limit.ts'
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
 * an error. A push to a repository that does not exist creates it, if the principal may; `*` does not.
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
  const repositories = await Promise.all(requests.map(({ name }) => context.lookups.repository({ name, userId })))

  const grants: RepositoryGrant[] = []
  for (const [index, { name, actions }] of requests.entries()) {
    const requested = actions.has('*') ? everyAction : everyAction.filter((action) => actions.has(action))
    const repository = repositories[index] ?? (actions.has('push') ? await createRepositoryByPush(context, name) : null)
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
  recordDeniedAccess(context, 'PULL_LIMIT_REACHED')
  throw new PullLimitReached(limit ?? 0, usageWindowAt(now).endsAt)
}

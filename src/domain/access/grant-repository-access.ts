import { Namespace } from '../account/namespace.ts'
import type { Call } from '../call.ts'
import { InputRefused } from '../errors.ts'
import { insertRepository } from '../repository/create-repository.ts'
import { findRepositoriesByName, type RepositoryRow } from '../repository/find-repository.ts'
import { parseRepositoryName } from '../repository/repository-name.ts'
import type { Permission } from '../token/permission.ts'
import { pullLimitOf, usageWindowAt } from '../usage/usage-limit.ts'
import type { RegistryCall } from './lookups.ts'
import { mayCreateRepositoryByPush, repositoryPermissions } from './policy.ts'

export type RepositoryAction = 'pull' | 'push' | 'delete'

/** What a registry client wants to do with a repository; `*` is everything that it may. */
export interface RepositoryRequest {
  readonly name: string
  readonly actions: ReadonlySet<RepositoryAction | '*'>
}

/** What it may do. */
export interface RepositoryGrant {
  readonly name: string
  readonly actions: readonly RepositoryAction[]
}

/** Thrown when a token has used up its pulls. Logins and pushes go on. */
export class PullLimitReached extends Error {
  readonly limit: number
  readonly resetsAt: Date

  constructor(limit: number, resetsAt: Date) {
    super(`This token has used all ${limit} pulls of its usage window, which ends at ${resetsAt.toISOString()}.`)
    this.name = 'PullLimitReached'
    this.limit = limit
    this.resetsAt = resetsAt
  }
}

/** Thrown when the token has been deleted since it was recognised. */
export class TokenDeleted extends Error {
  override readonly name = 'TokenDeleted'
}

const permissionFor: Readonly<Record<RepositoryAction, Permission>> = {
  pull: 'IMAGE_PULL',
  push: 'IMAGE_PUSH',
  delete: 'IMAGE_DELETE',
}
const everyAction = Object.keys(permissionFor) as RepositoryAction[]

/**
 * Grants of what is asked for what the principal holds at this moment: less than asked is an answer, not an error. A
 * push to a repository that does not exist yet makes it, where the token may; `*` does not. The pulls of a token are counted here.
 *
 * Throws `PullLimitReached` and `TokenDeleted`.
 */
export async function grantRepositoryAccess(
  call: RegistryCall,
  requests: readonly RepositoryRequest[],
): Promise<RepositoryGrant[]> {
  if (requests.length === 0) return []
  const repositories = await Promise.all(requests.map(({ name }) => call.lookups.repository(name)))

  const grants: RepositoryGrant[] = []
  for (const [index, { name, actions }] of requests.entries()) {
    const wanted = actions.has('*') ? everyAction : everyAction.filter((action) => actions.has(action))
    const repository = repositories[index] ?? (actions.has('push') ? await createByPush(call, name) : null)
    if (repository === null) continue
    const held = repositoryPermissions(call.principal, repository)
    const granted = wanted.filter((action) => held.includes(permissionFor[action]))
    if (granted.length > 0) grants.push({ name, actions: granted })
  }
  await countGrantedPulls(call, grants)
  return grants
}

async function createByPush(call: Call, name: string): Promise<RepositoryRow | null> {
  const { principal } = call
  const parsed = parseRepositoryName(name)
  if (parsed === null || principal.kind !== 'ORGANIZATION_TOKEN') return null
  if (parsed.namespace !== principal.organization.name) return null
  if (!mayCreateRepositoryByPush(principal, principal.organization.id)) return null
  const em = call.em.fork()
  const namespace = await em.findOneOrFail(Namespace, { id: principal.organization.id })
  try {
    return await insertRepository(
      { ...call, em },
      { namespace, path: parsed.path, description: null, visibility: 'PRIVATE' },
    )
  } catch (error) {
    // Made in the meantime by a push beside this one.
    if (!(error instanceof InputRefused)) throw error
    const [repository] = await findRepositoriesByName(call.em, [name])
    return repository ?? null
  }
}

/*
 * A request that is granted nothing but pulls is a pull of each repository, whatever it asked for: who may only pull would
 * otherwise ask to push as well, and pull without end. Clients that push are granted pull along with it; that counts as
 * none.
 */
async function countGrantedPulls(
  { lookups, principal, settings, now }: RegistryCall,
  grants: readonly RepositoryGrant[],
): Promise<void> {
  if (principal.kind !== 'ORGANIZATION_TOKEN' || grants.length === 0) return
  if (grants.some(({ actions }) => actions.some((action) => action !== 'pull'))) return
  const { id: tokenId, pullLimit } = principal.token
  const { id: namespaceId, plan } = principal.organization
  const { startsAt: windowStart, endsAt } = usageWindowAt(now)
  const limit = pullLimitOf(pullLimit, settings.plans[plan])
  const outcome = await lookups.countPulls({ namespaceId, tokenId, windowStart, pulls: grants.length, limit })
  if (outcome === 'NO_TOKEN') throw new TokenDeleted()
  if (outcome === 'LIMIT_REACHED') throw new PullLimitReached(limit ?? 0, endsAt)
}

import { Namespace } from '../model/namespace.ts'
import type { Permission } from '../model/permission.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { namespaceIdOf, type Principal, personBehind } from '../policy/principal.ts'
import { mayCreateRepositoryByPush, repositoryPermissions } from '../policy/repository-policy.ts'
import type { RequestContext, Settings } from '../policy/request-context.ts'
import { insertRepository } from '../repository/create-repository.ts'
import { findRepositoriesByName, groupMemberId, type RepositoryRow } from '../repository/find-repository.ts'
import { InvalidInput } from '../shared/errors.ts'
import { pullLimitOf, pullLimitOfPerson, usageWindowAt } from '../usage/usage-limit.ts'
import type { RegistryContext } from './lookups.ts'
import { recordDeniedAccess } from './record-denied-access.ts'

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

/** Thrown when a token, a person or an address has used up the pulls of a usage window. Logins and pushes go on. */
export class PullLimitReached extends Error {
  readonly limit: number
  readonly resetsAt: Date

  constructor(limit: number, resetsAt: Date) {
    super(`All ${limit} pulls of the usage window have been used, which ends at ${resetsAt.toISOString()}.`)
    this.name = 'PullLimitReached'
    this.limit = limit
    this.resetsAt = resetsAt
  }
}

/** Thrown when the token or the account has been deleted since it was recognised. */
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
 * Grants of what is asked for what the principal holds at this moment: less than asked is an answer, not an error. A
 * push to a repository that does not exist yet makes it, where the principal may; `*` does not. Pulls are counted here: those
 * of a token of an organization by themselves, those of a person together, whatever they log in with, and those of who has not
 * logged in with all from the same address.
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
    const wanted = actions.has('*') ? everyAction : everyAction.filter((action) => actions.has(action))
    const repository = repositories[index] ?? (actions.has('push') ? await createByPush(context, name) : null)
    const held = repository === null ? [] : repositoryPermissions(context.principal, repository)
    const granted = wanted.filter((action) => held.includes(permissionFor[action]))
    // Clients that ask for everything mean what they may.
    if (!actions.has('*'))
      for (const action of wanted)
        if (!granted.includes(action))
          recordDeniedAccess(context, { repository: name, permission: permissionFor[action] })
    if (granted.length > 0) grants.push({ name, actions: granted })
  }
  await countGrantedPulls(context, grants)
  return grants
}

async function createByPush(context: RequestContext, name: string): Promise<RepositoryRow | null> {
  const { principal } = context
  const parsed = parseRepositoryName(name)
  // Strangers who push to what is not there cost no statement.
  if (parsed === null || namespaceIdOf(principal, parsed.namespace) === null) return null
  const em = context.em.fork()
  const namespace = await em.findOne(Namespace, { name: parsed.namespace })
  if (namespace === null || !mayCreateRepositoryByPush(principal, namespace.id)) return null
  try {
    return await insertRepository(
      { ...context, em },
      { namespace, path: parsed.path, description: null, visibility: 'PRIVATE' },
    )
  } catch (error) {
    // Made in the meantime by a push beside this one.
    if (!(error instanceof InvalidInput)) throw error
    const [repository = null] = await findRepositoriesByName(context.em, [{ name, userId: groupMemberId(principal) }])
    return repository
  }
}

/*
 * A request that is granted nothing but pulls is a pull of each repository, whatever it asked for: who may only pull would
 * otherwise ask to push as well, and pull without end. Clients that push are granted pull along with it; that counts as
 * none.
 */
async function countGrantedPulls(context: RegistryContext, grants: readonly RepositoryGrant[]): Promise<void> {
  if (grants.length === 0 || grants.some(({ actions }) => actions.some((action) => action !== 'pull'))) return
  const { lookups, principal, settings, now, origin } = context
  const counted = countedSubject(principal, settings)
  const limit = counted === null ? settings.anonymousPulls : counted.limit
  if (counted === null && limit === null) return
  const outcome = await lookups.countPulls({
    subject: counted,
    at: now,
    grantSeconds: settings.grantSeconds,
    repositories: grants.map(({ name }) => name),
    ipAddress: origin.ipAddress,
    userAgent: origin.userAgent,
    limit,
  })
  if (outcome === 'NO_SUBJECT') throw new SubjectDeleted()
  if (outcome !== 'LIMIT_REACHED') return
  recordDeniedAccess(context, 'PULL_LIMIT_REACHED')
  throw new PullLimitReached(limit ?? 0, usageWindowAt(now).endsAt)
}

/** Whose pulls a principal's count among, and how many there may be in a window; null: nobody's who is known. */
export function countedSubject(principal: Principal, { plans }: Settings) {
  if (principal.kind === 'ORGANIZATION_TOKEN') {
    const { token, organization } = principal
    const limit = pullLimitOf(token.pullLimit, plans[organization.plan])
    return { namespaceId: organization.id, subjectId: token.id, limit }
  }
  const person = personBehind(principal)
  if (person === null) return null
  return { namespaceId: person.user.id, subjectId: person.user.id, limit: pullLimitOfPerson(person, plans) }
}

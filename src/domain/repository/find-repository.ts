import type { EntityManager } from '@mikro-orm/postgresql'
import type { Permission } from '../model/permission.ts'
import type { Principal } from '../policy/principal.ts'
import { groupMemberId, maySeeRepository, repositoryPermissions } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireActor } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { findRepositoriesByName, findRepositoryRows, type RepositoryRow } from './repository-store.ts'

/** The repository of that full name; null if the principal cannot see it, whether it exists or not. */
export async function findRepository(
  em: EntityManager,
  principal: Principal,
  name: string,
): Promise<RepositoryRow | null> {
  const [repository = null] = await findRepositories(em, principal, [name])
  return repository
}

/** As `findRepository`, for many names. One statement. */
export async function findRepositories(
  em: EntityManager,
  principal: Principal,
  names: readonly string[],
): Promise<Array<RepositoryRow | null>> {
  const userId = groupMemberId(principal)
  const repositories = await findRepositoriesByName(
    em,
    names.map((name) => ({ name, userId })),
  )
  return repositories.map((each) => (each !== null && maySeeRepository(principal, each) ? each : null))
}

/** The repositories with these ids that the principal can see, in no order. One statement. */
export async function findRepositoriesById(
  em: EntityManager,
  principal: Principal,
  ids: readonly string[],
): Promise<RepositoryRow[]> {
  const repositories = await findRepositoryRows(em, ids, groupMemberId(principal))
  return repositories.filter((each) => maySeeRepository(principal, each))
}

/**
 * The repository of that full name, if the caller has a permission on it. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN)
 * and `InvalidInput` (NOT_FOUND) if the caller cannot see it.
 */
export async function requireRepository(
  context: RequestContext,
  name: string,
  permission: Permission,
): Promise<RepositoryRow> {
  requireActor(context.principal)
  const repository = await findRepository(context.em, context.principal, name)
  if (repository === null) throwUnknownRepository()
  if (!repositoryPermissions(context.principal, repository).includes(permission))
    throw new Denied('FORBIDDEN', `This takes the permission ${permission} on ${repository.name}. Ask an owner.`)
  return repository
}

/** Throws `InvalidInput` (NOT_FOUND), the same for repositories that do not exist and that the caller cannot see. */
export function throwUnknownRepository(): never {
  throwInvalid('NOT_FOUND', ['name'], 'There is no repository of this name that you can see. Check the name.')
}

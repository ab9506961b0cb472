import type { EntityManager } from '@mikro-orm/postgresql'
import type { Permission } from '../model/permission.ts'
import { type Principal, personBehind } from '../policy/principal.ts'
import { maySeeRepository, repositoryPermissions } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireActor } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { findRepositoriesByName, findRepositoryRow, type RepositoryRow } from './repository-store.ts'

/** The id of the person whose groups count for a principal; empty: no person. */
export function groupMemberId(principal: Principal): string {
  return personBehind(principal)?.user.id ?? ''
}

/** The repository of that full name; null if the principal cannot see it, whether it exists or not. */
export async function findRepository(
  em: EntityManager,
  principal: Principal,
  name: string,
): Promise<RepositoryRow | null> {
  const [repository = null] = await findRepositoriesByName(em, [{ name, userId: groupMemberId(principal) }])
  return repository !== null && maySeeRepository(principal, repository) ? repository : null
}

/** As `findRepository`, by id. */
export async function findRepositoryById(
  em: EntityManager,
  principal: Principal,
  id: string,
): Promise<RepositoryRow | null> {
  const repository = await findRepositoryRow(em, id, groupMemberId(principal))
  return repository !== null && maySeeRepository(principal, repository) ? repository : null
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

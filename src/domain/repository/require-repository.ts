import type { Permission } from '../model/permission.ts'
import { repositoryPermissions } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireActor } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { findRepository, type RepositoryRow } from './find-repository.ts'

/**
 * The repository of that name, on which the caller holds a permission. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and
 * `InvalidInput` (NOT_FOUND) where the caller may not know of it.
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

/** Throws `InvalidInput` (NOT_FOUND), the same for one that the caller may not know of and one that is not there. */
export function throwUnknownRepository(): never {
  throwInvalid('NOT_FOUND', ['name'], 'There is no repository of this name that you can see. Check the name.')
}

import { repositoryPermissions } from '../access/repository-policy.ts'
import { requireActor } from '../access/require.ts'
import type { Call } from '../call.ts'
import { Denied, refuse } from '../errors.ts'
import type { Permission } from '../token/permission.ts'
import { findRepository, type RepositoryRow } from './find-repository.ts'

/**
 * The repository of that name, on which the caller holds a permission. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and
 * `InputRefused` (NOT_FOUND) where the caller may not know of it.
 */
export async function requireRepository(call: Call, name: string, permission: Permission): Promise<RepositoryRow> {
  requireActor(call.principal)
  const repository = await findRepository(call.em, call.principal, name)
  if (repository === null) refuseUnknownRepository()
  if (!repositoryPermissions(call.principal, repository).includes(permission))
    throw new Denied('FORBIDDEN', `This takes the permission ${permission} on ${repository.name}. Ask an owner.`)
  return repository
}

/** Throws `InputRefused` (NOT_FOUND), the same for one that the caller may not know of and one that is not there. */
export function refuseUnknownRepository(): never {
  refuse('NOT_FOUND', ['name'], 'There is no repository of this name that you can see. Check the name.')
}

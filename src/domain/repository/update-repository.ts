import { z } from 'zod'
import { recordActivity } from '../journal/record-activity.ts'
import type { Permission } from '../model/permission.ts'
import { type RepositoryVisibility, repositoryVisibilities } from '../model/repository.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { notNull, parseInput } from '../shared/input.ts'
import { repositoryDescriptionInput } from './create-repository.ts'
import { requireRepository, throwUnknownRepository } from './find-repository.ts'
import type { RepositoryRow } from './repository-store.ts'
import { updateRepositoryRow } from './repository-write-store.ts'

/** Absent: unchanged. A description of null is removed. */
export interface UpdateRepositoryInput {
  readonly description?: string | null | undefined
  readonly visibility?: RepositoryVisibility | null | undefined
}

const shape = {
  description: repositoryDescriptionInput.optional(),
  visibility: notNull(z.enum(repositoryVisibilities), 'Say PUBLIC or PRIVATE, or leave the visibility out.').optional(),
}

export function permissionToUpdate({ visibility }: UpdateRepositoryInput): Permission {
  return visibility === undefined ? 'REPOSITORY_EDIT' : 'REPOSITORY_ADMIN'
}

/**
 * Changes a repository. The description takes REPOSITORY_EDIT, the visibility REPOSITORY_ADMIN.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function updateRepository(
  context: RequestContext,
  name: string,
  input: UpdateRepositoryInput,
): Promise<RepositoryRow> {
  const repository = await requireRepository(context, name, permissionToUpdate(input))
  const { description, visibility } = { ...repository, ...parseInput(shape, input) }
  const changes = {
    ...(description !== repository.description && { description }),
    ...(visibility !== repository.visibility && { visibility }),
  }
  if (Object.keys(changes).length === 0) return repository
  await context.em.transactional(async (em) => {
    if (!(await updateRepositoryRow(em, repository.id, changes))) throwUnknownRepository()
    recordActivity(context, em, {
      namespaceId: repository.namespaceId,
      action: 'repository.update',
      target: repository.name,
      data: Object.fromEntries(Object.entries(changes).map(([member, value]) => [member, value ?? ''])),
    })
  })
  return { ...repository, ...changes }
}

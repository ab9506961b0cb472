import { recordActivity } from '../journal/record-activity.ts'
import { Repository, type RepositoryVisibility } from '../model/repository.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors } from '../shared/errors.ts'
import { parseOptionalText } from '../shared/text.ts'
import { repositoryDescriptionRule } from './create-repository.ts'
import type { RepositoryRow } from './find-repository.ts'
import { requireRepository, throwUnknownRepository } from './require-repository.ts'

/** Absent: unchanged. A description of null is taken away. */
export interface UpdateRepositoryInput {
  readonly description?: string | null | undefined
  readonly visibility?: RepositoryVisibility | null | undefined
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
  const takes = input.visibility === undefined ? 'REPOSITORY_EDIT' : 'REPOSITORY_ADMIN'
  const repository = await requireRepository(context, name, takes)
  const errors = new InputErrors()
  const description =
    input.description === undefined
      ? repository.description
      : parseOptionalText(input.description, repositoryDescriptionRule, ['input', 'description'], errors)
  if (input.visibility === null)
    errors.add('INVALID', ['input', 'visibility'], 'Say PUBLIC or PRIVATE, or leave the visibility out.')
  errors.throwIfAny()

  const visibility = input.visibility ?? repository.visibility
  const data = {
    ...(description !== repository.description && { description: description ?? '' }),
    ...(visibility !== repository.visibility && { visibility }),
  }
  if (Object.keys(data).length === 0) return repository
  await context.em.transactional(async (em) => {
    // What the caller leaves as it is, another may have changed since it was read.
    const changes = { ...('description' in data && { description }), ...('visibility' in data && { visibility }) }
    const updated = await em.nativeUpdate(Repository, { id: repository.id }, changes)
    if (updated === 0) throwUnknownRepository()
    recordActivity(context, em, {
      namespaceId: repository.namespaceId,
      action: 'repository.update',
      target: repository.name,
      data,
    })
  })
  return { ...repository, description, visibility }
}

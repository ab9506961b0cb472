import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { RepositoryAccess } from '../model/group.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { findRepository } from '../repository/find-repository.ts'
import type { RepositoryRow } from '../repository/repository-store.ts'
import { throwInvalid } from '../shared/errors.ts'
import { deleteGroupRepositoryAccess, lockRepository, updateGroupRepositoryAccess } from './group-repository-store.ts'
import { type GroupRow, toGroupRow } from './group-store.ts'
import { lockEditableGroup } from './require-group.ts'

/**
 * Sets what a group may do with a repository of its organization. Null means nothing. Access that stays the same is not
 * recorded.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function setGroupRepositoryAccess(
  context: RequestContext,
  id: string,
  repositoryName: string,
  access: RepositoryAccess | null,
): Promise<GroupRow> {
  return context.em.transactional(async (em) => {
    const group = await lockEditableGroup(context, em, id, ['group'])
    const { organization: organizationId } = group
    const repository = await lockVisibleRepository(context, em, organizationId, repositoryName)
    const key = { organizationId, groupId: group.id, repositoryId: repository.id }
    const hasChanged = await (access === null
      ? deleteGroupRepositoryAccess(em, key)
      : updateGroupRepositoryAccess(em, key, access))
    if (hasChanged)
      recordActivity(context, em, {
        namespaceId: organizationId,
        action: 'group.repository_access',
        target: group.name,
        data: { repository: repository.name, access: access ?? 'NONE' },
      })
    return toGroupRow(group)
  })
}

/** A repository of the organization that the caller can see, locked. Throws `InvalidInput` (NOT_FOUND). */
async function lockVisibleRepository(
  context: RequestContext,
  em: EntityManager,
  organizationId: string,
  name: string,
): Promise<RepositoryRow> {
  const repository = await findRepository(em, context.principal, name)
  if (repository === null || repository.namespaceId !== organizationId || !(await lockRepository(em, repository.id)))
    throwInvalid(
      'NOT_FOUND',
      ['repository'],
      'The organization has no repository of this name that you can see. Create it first, or check the name.',
    )
  return repository
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { Group, RepositoryAccess } from '../model/group.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { findRepository, type RepositoryRow } from '../repository/find-repository.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { type GroupRow, toGroupRow } from './find-group.ts'
import { lockGroup } from './require-group.ts'

/**
 * Says what a group may do with a repository of its organization; null: nothing. What it may do already is not recorded
 * again.
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
    const group = await lockGroup(context, em, id, ['group'])
    const repository = await lockRepository(context, em, group.organization, repositoryName)
    if (await writeAccess(em, group, repository.id, access))
      recordActivity(context, em, {
        namespaceId: group.organization,
        action: 'group.repository_access',
        target: group.name,
        data: { repository: repository.name, access: access ?? 'NONE' },
      })
    return toGroupRow(group)
  })
}

/** A repository of the organization, which is kept from being deleted until the transaction ends. Throws `InvalidInput` (NOT_FOUND). */
async function lockRepository(
  context: RequestContext,
  em: EntityManager,
  organizationId: string,
  name: string,
): Promise<RepositoryRow> {
  const repository = await findRepository(em, context.principal, name)
  const locked =
    repository?.namespaceId === organizationId &&
    (await kysely(em)
      .selectFrom('repository')
      .select('id')
      .where('id', '=', repository.id)
      .forKeyShare()
      .executeTakeFirst())
  if (!repository || !locked)
    throwInvalid(
      'NOT_FOUND',
      ['repository'],
      'The organization has no repository of this name that you can see. Create it first, or check the name.',
    )
  return repository
}

/** Whether it has changed anything. */
async function writeAccess(
  em: EntityManager,
  group: Group,
  repositoryId: string,
  access: RepositoryAccess | null,
): Promise<boolean> {
  const key = { organization_id: group.organization, repository_id: repositoryId, group_id: group.id }
  const table = kysely(em)
  if (access === null) {
    const removed = await table
      .deleteFrom('group_repository')
      .where((where) => where.and(key))
      .returning('access')
      .executeTakeFirst()
    return removed !== undefined
  }
  const written = await table
    .insertInto('group_repository')
    .values({ ...key, access })
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'repository_id', 'group_id'])
        .doUpdateSet({ access })
        .where('group_repository.access', '<>', access),
    )
    .returning('access')
    .executeTakeFirst()
  return written !== undefined
}

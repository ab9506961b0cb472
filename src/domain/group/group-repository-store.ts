import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { RepositoryAccess } from '../model/group.ts'
import { type RepositoryRow, selectRepositories } from '../repository/repository-store.ts'
import type { ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import { type GroupRow, groupsWanted, wantedGroups } from './group-store.ts'

/** A repository of a group, as the person with an id sees it. */
export interface RepositoryOfGroup extends RepositoryRow {
  readonly groupId: string
  readonly access: RepositoryAccess
}

/**
 * The repositories of these groups, by path, as the person with this id sees them. Sent on a connection of the pool,
 * not as a `statement`, because thousands of rows would delay the lookups of all other requests.
 */
export function findRepositoriesOfGroups(
  em: EntityManager,
  groups: readonly GroupRow[],
  userId: string,
  limit: number,
): Promise<RepositoryOfGroup[]> {
  const values = { ...wantedGroups(groups), userId }
  const value: ValueOf<typeof values> = (name) => sql`${values[name]}`
  return selectRepositories(kysely(em), value('userId'))
    .innerJoin('group_repository as a', (join) =>
      join.onRef('a.organization_id', '=', 'r.namespace_id').onRef('a.repository_id', '=', 'r.id'),
    )
    .innerJoin(groupsWanted(value), (join) =>
      join.onRef('w.organization_id', '=', 'a.organization_id').onRef('w.group_id', '=', 'a.group_id'),
    )
    .select(['a.group_id as groupId', 'a.access'])
    .orderBy('r.path')
    .limit(limit)
    .execute()
}

/**
 * Locks a repository, which then cannot be deleted until the transaction that `em` is in ends. Returns whether it
 * exists.
 */
export async function lockRepository(em: EntityManager, id: string): Promise<boolean> {
  const repository = await kysely(em)
    .selectFrom('repository')
    .select('id')
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst()
  return repository !== undefined
}

/** A group and a repository of one organization. */
export interface GroupRepositoryKey {
  readonly organizationId: string
  readonly groupId: string
  readonly repositoryId: string
}

/** Sets the access of a group to a repository. Returns whether it has changed. */
export async function updateGroupRepositoryAccess(
  em: EntityManager,
  key: GroupRepositoryKey,
  access: RepositoryAccess,
): Promise<boolean> {
  const written = await kysely(em)
    .insertInto('group_repository')
    .values({ ...toColumns(key), access })
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

/** Removes the access of a group to a repository. Returns whether there was any. */
export async function deleteGroupRepositoryAccess(em: EntityManager, key: GroupRepositoryKey): Promise<boolean> {
  const deleted = await kysely(em)
    .deleteFrom('group_repository')
    .where((where) => where.and(toColumns(key)))
    .returning('access')
    .executeTakeFirst()
  return deleted !== undefined
}

function toColumns({ organizationId, groupId, repositoryId }: GroupRepositoryKey) {
  return { organization_id: organizationId, repository_id: repositoryId, group_id: groupId }
}

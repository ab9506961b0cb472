import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { RepositoryAccess } from '../model/group.ts'
import type { Principal } from '../policy/principal.ts'
import { maySeeRepository } from '../policy/repository-policy.ts'
import { groupMemberId, type RepositoryRow, selectRepositories } from '../repository/find-repository.ts'
import { Denied } from '../shared/errors.ts'
import type { ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import { type GroupRow, groupsWanted, type WantedGroups, wantedGroups } from './find-group.ts'

/** A repository that a group may use, and what the group may do with it. */
export interface GroupRepositoryRow {
  /** To the one who asks: their own groups count in it, not this one. */
  readonly repository: RepositoryRow
  readonly access: RepositoryAccess
}

// On a connection of the pool and not as a `statement`: thousands of rows would keep the lookups of all others waiting.
function selectRepositoriesOfGroups(em: EntityManager, values: WantedGroups & { readonly userId: string }) {
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
    .limit(maxRows + 1)
    .execute()
}

// A statement of a tenth of a second or so. The list of a group has no pages.
const maxRows = 2_000

/**
 * The repositories of each group that the principal may see, by name. One statement. Throws `Denied` (BAD_USER_INPUT) where
 * the groups have more than 2,000 together.
 */
export async function findGroupRepositories(
  em: EntityManager,
  principal: Principal,
  groups: readonly GroupRow[],
): Promise<GroupRepositoryRow[][]> {
  const userId = groupMemberId(principal)
  const rows = await selectRepositoriesOfGroups(em, { ...wantedGroups(groups), userId })
  if (rows.length > maxRows)
    throw new Denied(
      'BAD_USER_INPUT',
      `These groups have more than ${maxRows} repositories together. Request fewer groups at once, or split a group that has more.`,
    )
  const visible = rows.filter((row) => maySeeRepository(principal, row))
  const byGroup = Map.groupBy(visible, ({ groupId }) => groupId)
  return groups.map(({ id }) =>
    (byGroup.get(id) ?? []).map(({ groupId: _, access, ...repository }) => ({ repository, access })),
  )
}

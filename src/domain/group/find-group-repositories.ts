import type { EntityManager } from '@mikro-orm/postgresql'
import type { RepositoryAccess } from '../model/group.ts'
import type { Principal } from '../policy/principal.ts'
import { groupMemberId, maySeeRepository } from '../policy/repository-policy.ts'
import type { RepositoryRow } from '../repository/repository-store.ts'
import { Denied } from '../shared/errors.ts'
import { findRepositoriesOfGroups } from './group-repository-store.ts'
import type { GroupRow } from './group-store.ts'

/** A repository that a group has access to, and what the group may do with it. */
export interface GroupRepositoryRow {
  /** The ids of the group and of the repository, with a colon between them. */
  readonly id: string
  /** As the caller sees it: the access in it comes from the caller's own groups, not from this one. */
  readonly repository: RepositoryRow
  readonly access: RepositoryAccess
}

// A statement of about a tenth of a second. The list of a group has no pages.
const maxRows = 2_000

/**
 * The repositories of each group that the principal can see, by name. One statement. Throws `Denied` (BAD_USER_INPUT)
 * if the groups have more than 2,000 together.
 */
export async function findGroupRepositories(
  em: EntityManager,
  principal: Principal,
  groups: readonly GroupRow[],
): Promise<GroupRepositoryRow[][]> {
  const rows = await findRepositoriesOfGroups(em, groups, groupMemberId(principal), maxRows + 1)
  if (rows.length > maxRows)
    throw new Denied(
      'BAD_USER_INPUT',
      `These groups have more than ${maxRows} repositories together. Request fewer groups at once, or split a ` +
        'group that has more.',
    )
  const visible = rows.filter((row) => maySeeRepository(principal, row))
  const byGroup = Map.groupBy(visible, ({ groupId }) => groupId)
  return groups.map(({ id }) =>
    (byGroup.get(id) ?? []).map(({ groupId: _, access, ...repository }) => ({
      id: `${id}:${repository.id}`,
      repository,
      access,
    })),
  )
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import type { OrganizationRole } from '../model/membership.ts'
import type { PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import { type GroupRow, groupsWanted, type WantedGroups, wantedGroups } from './group-store.ts'

/** A member of a group, with their role in the organization. */
export interface GroupMemberRow {
  readonly userId: string
  readonly username: string
  readonly role: OrganizationRole
  readonly joinedAt: Timestamp
}

/** A page of the members of one group. */
export interface GroupMembersWanted {
  readonly group: GroupRow
  readonly page: PageRequest
}

const selectForward = selectMembers('asc')
const selectBackward = selectMembers('desc')

function selectMembers(direction: 'asc' | 'desc') {
  return statement((db, value: ValueOf<WantedGroups & { cursor: string | null; limit: number }>) =>
    db
      .selectFrom(groupsWanted(value))
      .innerJoinLateral(
        (from) =>
          from
            .selectFrom('group_membership as g')
            .innerJoin('membership as m', (join) =>
              join.onRef('m.organization_id', '=', 'g.organization_id').onRef('m.user_id', '=', 'g.user_id'),
            )
            .innerJoin('user_account as u', 'u.id', 'g.user_id')
            .select(['u.id as userId', 'u.username', 'm.role', 'g.joined_at as joinedAt'])
            .whereRef('g.organization_id', '=', 'w.organization_id')
            .whereRef('g.group_id', '=', 'w.group_id')
            .where(isBeyond('u.username', value('cursor'), direction))
            .orderBy('u.username', direction)
            .limit(value('limit'))
            .as('member'),
        (join) => join.onTrue(),
      )
      .select(['w.group_id as groupId', 'member.userId', 'member.username', 'member.role', 'member.joinedAt'])
      .orderBy('member.username', direction),
  )
}

/** Whether the value of a column is on the page that begins at the cursor. Null: at either end of the list. */
function isBeyond(column: string, cursor: RawBuilder<string | null>, direction: 'asc' | 'desc') {
  const comparison = sql.raw(direction === 'asc' ? '>' : '<')
  return sql<boolean>`(${cursor}::text is null or ${sql.ref(column)} ${comparison} ${cursor}::text)`
}

/**
 * The members on each of these pages, by username, and one more if the list continues. One statement for all groups of
 * which the same page is wanted.
 */
export async function findGroupMembers(
  em: EntityManager,
  wanted: readonly GroupMembersWanted[],
): Promise<GroupMemberRow[][]> {
  const byPage = Map.groupBy(wanted, ({ page }) => JSON.stringify(page))
  const found = await Promise.all(
    [...byPage.values()].map(async (alike) => {
      const { size, cursor, isBackward } = alike[0]?.page ?? { size: 0, cursor: null, isBackward: false }
      const groups = wantedGroups(alike.map(({ group }) => group))
      const select = isBackward ? selectBackward : selectForward
      const rows = await select(em, { ...groups, cursor, limit: size + 1 })
      const byGroup = Map.groupBy(rows, ({ groupId }) => groupId)
      return alike.map((each) => [each, byGroup.get(each.group.id) ?? []] as const)
    }),
  )
  const members = new Map(found.flat())
  return wanted.map((each) => members.get(each) ?? [])
}

const countMembers = statement((db, value: ValueOf<WantedGroups>) =>
  db
    .selectFrom(groupsWanted(value))
    .innerJoin('group_membership as g', (join) =>
      join.onRef('g.organization_id', '=', 'w.organization_id').onRef('g.group_id', '=', 'w.group_id'),
    )
    .select(['w.group_id as groupId', sql<number>`count(*)::int`.as('count')])
    .groupBy('w.group_id'),
)

/** How many members each group has. One statement. */
export async function countGroupMembers(em: EntityManager, groups: readonly GroupRow[]): Promise<number[]> {
  const rows = await countMembers(em, wantedGroups(groups))
  const counts = new Map(rows.map(({ groupId, count }) => [groupId, count]))
  return groups.map(({ id }) => counts.get(id) ?? 0)
}

/** Removes a person from a group. Returns whether they were in it. */
export async function deleteGroupMembership(
  em: EntityManager,
  organizationId: string,
  groupId: string,
  userId: string,
): Promise<boolean> {
  const deleted = await kysely(em)
    .deleteFrom('group_membership')
    .where('organization_id', '=', organizationId)
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .returning('user_id')
    .executeTakeFirst()
  return deleted !== undefined
}

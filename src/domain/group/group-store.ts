import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { Group } from '../model/group.ts'
import type { PageRequest } from '../shared/page.ts'
import { countRows } from '../sql/count-rows.ts'
import { lockEntity } from '../sql/lock-entity.ts'
import { selectPage } from '../sql/select-page.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

export interface GroupRow {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly description: string | null
}

/** The row of a created or changed group. */
export function toGroupRow({ id, organization, name, description }: Group): GroupRow {
  return { id, organizationId: organization, name, description: description ?? null }
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectGroups(db).where('id', '=', sql<string>`any(${value('ids')})`),
)

/** The groups with these ids, in no order. */
export function findGroupsById(em: EntityManager, ids: readonly string[]): Promise<GroupRow[]> {
  return selectByIds(em, { ids })
}

/** Locks a group until the transaction that `em` is in ends. Null if there is no group with that id. */
export function lockGroup(em: EntityManager, id: string): Promise<Group | null> {
  return lockEntity(em, Group, 'grp', id)
}

/** The groups to list, by name. `pattern` is for `ilike`; null lists all. */
export interface GroupList {
  readonly organizationId: string
  readonly pattern: string | null
}

/** The groups on a page, and one more if the list continues. */
export async function listGroupRows(em: EntityManager, list: GroupList, page: PageRequest): Promise<GroupRow[]> {
  return selectPage(selectListed(em, list), [sql.ref('name')], 'asc', page).execute()
}

export function countGroups(em: EntityManager, list: GroupList): Promise<number> {
  return countRows(selectListed(em, list))
}

function selectListed(em: EntityManager, { organizationId, pattern }: GroupList) {
  const groups = selectGroups(kysely(em)).where('organization_id', '=', organizationId)
  return pattern === null ? groups : groups.where('name', 'ilike', pattern)
}

function selectGroups(db: Kysely<Tables>) {
  return db.selectFrom('member_group').select(['id', 'organization_id as organizationId', 'name', 'description'])
}

/** The groups that a statement takes: their ids, and in the same order those of their organizations. */
export interface WantedGroups {
  readonly groupIds: readonly string[]
  readonly organizationIds: readonly string[]
}

export function wantedGroups(groups: readonly GroupRow[]): WantedGroups {
  return {
    groupIds: groups.map(({ id }) => id),
    organizationIds: groups.map(({ organizationId }) => organizationId),
  }
}

/** The wanted groups as a table `w`. */
export function groupsWanted(value: ValueOf<WantedGroups>) {
  return sql<{ organization_id: string; group_id: string }>`unnest(
    ${value('organizationIds')}::text[], ${value('groupIds')}::text[]
  )`.as<'w'>(sql`w (organization_id, group_id)`)
}

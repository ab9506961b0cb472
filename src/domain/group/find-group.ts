import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { Group } from '../model/group.ts'
import { hasOrganizationPermission } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** A group as lists and answers need it. */
export interface GroupRow {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly description: string | null
}

/** The row of a group that was made or changed. */
export function toGroupRow({ id, organization, name, description }: Group): GroupRow {
  return { id, organizationId: organization, name, description: description ?? null }
}

/** Groups as `GroupRow`s. */
export function selectGroups(db: Kysely<Tables>) {
  return db.selectFrom('member_group').select(['id', 'organization_id as organizationId', 'name', 'description'])
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectGroups(db).where('id', '=', sql<string>`any(${value('ids')})`),
)

/** The groups with these ids, in no order, whoever asks. */
export function findGroupsById(em: EntityManager, ids: readonly string[]): Promise<GroupRow[]> {
  return selectByIds(em, { ids })
}

/** The group of that id, when the caller may see it; else null, whether it exists or not. */
export async function findVisibleGroup({ em, principal }: RequestContext, id: string): Promise<GroupRow | null> {
  if (idPrefixOf(id) !== 'grp') return null
  const [group] = await findGroupsById(em, [id])
  return group !== undefined && hasOrganizationPermission(principal, group.organizationId, 'GROUP_READ') ? group : null
}

/** What a statement takes that selects rows of several groups: their ids, and at the same places their organizations'. */
export interface WantedGroups {
  readonly groupIds: readonly string[]
  readonly organizationIds: readonly string[]
}

/** The values for `groupsWanted`. */
export function wantedGroups(groups: readonly GroupRow[]): WantedGroups {
  return {
    groupIds: groups.map(({ id }) => id),
    organizationIds: groups.map(({ organizationId }) => organizationId),
  }
}

/** The groups that are wanted, as a table `w`. */
export function groupsWanted(value: ValueOf<WantedGroups>) {
  return sql<{ organization_id: string; group_id: string }>`unnest(
    ${value('organizationIds')}::text[], ${value('groupIds')}::text[]
  )`.as<'w'>(sql`w (organization_id, group_id)`)
}

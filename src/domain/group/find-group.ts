import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { statement, type ValueOf } from '../statement.ts'
import type { Tables } from '../tables.ts'

/** A group as lists and answers need it. */
export interface GroupRow {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly description: string | null
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

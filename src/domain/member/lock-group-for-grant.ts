import type { EntityManager } from '@mikro-orm/postgresql'
import { idPrefixOf } from '../shared/id.ts'
import { kysely } from '../sql/tables.ts'

/** A group that invites lead into. */
export interface LockedGroup {
  readonly id: string
  readonly name: string
}

/** The group of that id in the organization, which cannot be deleted before the transaction that `em` is in ends; or null. */
export async function lockGroupForGrant(
  em: EntityManager,
  organizationId: string,
  id: string,
): Promise<LockedGroup | null> {
  if (idPrefixOf(id) !== 'grp') return null
  const group = await kysely(em)
    .selectFrom('member_group')
    .select(['id', 'name'])
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst()
  return group ?? null
}

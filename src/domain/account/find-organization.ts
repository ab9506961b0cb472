import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { mayKnowOrganization } from '../access/policy.ts'
import type { Principal } from '../access/principal.ts'
import { sqlOf } from '../tables.ts'
import { isNamespaceName } from './namespace.ts'
import type { Plan } from './plan.ts'

/** An organization as lists and answers need it. */
export interface OrganizationRow {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly plan: Plan
  readonly createdAt: string
}

/** The organization of that name, when the principal may know of it; else null, whether it exists or not. */
export async function findOrganization(
  em: EntityManager,
  principal: Principal,
  name: string,
): Promise<OrganizationRow | null> {
  if (!isNamespaceName(name)) return null
  const row = await selectOrganizations(em).where('name', '=', name).executeTakeFirst()
  return row !== undefined && mayKnowOrganization(principal, row.id) ? row : null
}

/** Those organizations of these ids that the principal may know of. One statement. */
export async function findOrganizationsById(
  em: EntityManager,
  principal: Principal,
  ids: readonly string[],
): Promise<OrganizationRow[]> {
  const known = ids.filter((id) => mayKnowOrganization(principal, id))
  return known.length === 0 ? [] : selectOrganizations(em).where('id', '=', sql<string>`any(${known})`).execute()
}

/** Organizations as `OrganizationRow`s. */
export function selectOrganizations(em: EntityManager) {
  return sqlOf(em)
    .selectFrom('organization')
    .select(['id', 'name', 'display_name as displayName', 'plan', 'created_at as createdAt'])
}

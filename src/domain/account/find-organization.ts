import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { isNamespaceName } from '../model/namespace.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { mayKnowOrganization } from '../policy/policy.ts'
import type { Principal } from '../policy/principal.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

const selectByName = statement((db, value: ValueOf<{ name: string }>) =>
  selectOrganizations(db).where('name', '=', value('name')),
)

/** The organization of that name, when the principal may know of it; else null, whether it exists or not. */
export async function findOrganization(
  em: EntityManager,
  principal: Principal,
  name: string,
): Promise<OrganizationRow | null> {
  if (!isNamespaceName(name)) return null
  const [row] = await selectByName(em, { name })
  return row !== undefined && mayKnowOrganization(principal, row.id) ? row : null
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectOrganizations(db).where('id', '=', sql<string>`any(${value('ids')})`),
)

/** Those organizations of these ids that the principal may know of. One statement. */
export async function findOrganizationsById(
  em: EntityManager,
  principal: Principal,
  ids: readonly string[],
): Promise<OrganizationRow[]> {
  const known = ids.filter((id) => mayKnowOrganization(principal, id))
  return known.length === 0 ? [] : selectByIds(em, { ids: known })
}

/**
 * Locks an organization, until the transaction that `em` is in ends: so that nobody else counts its tokens or changes who
 * belongs to it. Whether the caller may know of it is decided before.
 */
export function lockOrganization(em: EntityManager, id: string): Promise<OrganizationRow> {
  return selectOrganizations(kysely(em)).where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}

/** Organizations as `OrganizationRow`s. */
export function selectOrganizations(db: Kysely<Tables>) {
  return db
    .selectFrom('organization')
    .select([
      'id',
      'name',
      'display_name as displayName',
      'plan',
      'created_at as createdAt',
      'company_id as companyId',
      'max_token_lifetime_days as maxTokenLifetimeDays',
      'allow_token_reactivation as allowTokenReactivation',
      'sso_enforced as ssoEnforced',
      'email_notices as emailNotices',
    ])
}

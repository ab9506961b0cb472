import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { Organization, type OrganizationRow } from '../model/organization.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

const selectByName = statement((db, value: ValueOf<{ name: string }>) =>
  selectOrganizations(db).where('name', '=', value('name')),
)

export async function findOrganizationByName(em: EntityManager, name: string): Promise<OrganizationRow | null> {
  return (await selectByName(em, { name }))[0] ?? null
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectOrganizations(db).where('id', '=', sql<string>`any(${value('ids')})`),
)

/** The organizations with these ids, in no order. */
export function findOrganizationsByIds(em: EntityManager, ids: readonly string[]): Promise<OrganizationRow[]> {
  return selectByIds(em, { ids })
}

/**
 * Locks an organization until the transaction that `em` is in ends, so that no other transaction counts its tokens or
 * webhooks, changes its members, company or policy, or removes its provider meanwhile.
 */
export function lockOrganization(em: EntityManager, id: string): Promise<OrganizationRow> {
  return selectOrganizations(kysely(em)).where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}

/** The settings of an organization that can change. */
export type OrganizationChanges = Partial<
  Pick<
    OrganizationRow,
    | 'displayName'
    | 'emailNotices'
    | 'plan'
    | 'maxTokenLifetimeDays'
    | 'allowTokenReactivation'
    | 'allowTokenSelfRotation'
    | 'ssoEnforced'
  >
>

export async function updateOrganizationRow(
  em: EntityManager,
  id: string,
  changes: OrganizationChanges,
): Promise<void> {
  await em.nativeUpdate(Organization, { id }, changes)
}

/** Whether the organization has a provider for single sign-on. */
export async function findHasSsoProvider(em: EntityManager, organizationId: string): Promise<boolean> {
  const provider = await kysely(em)
    .selectFrom('sso_provider')
    .select('organization_id')
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  return provider !== undefined
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
      'allow_token_self_rotation as allowTokenSelfRotation',
      'sso_enforced as ssoEnforced',
      'email_notices as emailNotices',
    ])
}

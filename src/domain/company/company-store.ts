import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { selectOrganizations } from '../account/organization-store.ts'
import { Organization, type OrganizationRow } from '../model/organization.ts'
import type { CompanyFacts } from '../policy/policy.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

/** A company as one person sees it. */
export interface CompanyRow extends CompanyFacts {
  readonly id: string
  readonly name: string
}

const selectByName = statement((db, value: ValueOf<{ name: string; userId: string }>) =>
  selectCompanies(db, value('userId')).where('c.name', '=', value('name')),
)

/** The company of that name, as the person with this id sees it. */
export async function findCompanyByName(em: EntityManager, name: string, userId: string): Promise<CompanyRow | null> {
  return (await selectByName(em, { name, userId }))[0] ?? null
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[]; userId: string }>) =>
  selectCompanies(db, value('userId')).where('c.id', '=', sql<string>`any(${value('ids')})`),
)

/** The companies with these ids, in no order, as the person with this id sees them. */
export function findCompaniesByIds(em: EntityManager, ids: readonly string[], userId: string): Promise<CompanyRow[]> {
  return selectByIds(em, { ids, userId })
}

const selectOwned = statement((db, value: ValueOf<{ userId: string }>) =>
  selectCompanies(db, value('userId'))
    .innerJoin('company_owner as o', 'o.company_id', 'c.id')
    .where('o.user_id', '=', value('userId'))
    .orderBy('c.name'),
)

/** The companies that a person owns, by name. */
export function findCompaniesOfOwner(em: EntityManager, userId: string): Promise<CompanyRow[]> {
  return selectOwned(em, { userId })
}

function selectCompanies(db: Kysely<Tables>, userId: RawBuilder<string>) {
  const isOwned = sql<boolean>`exists (
    select from company_owner own where own.company_id = c.id and own.user_id = ${userId}
  )`
  return db.selectFrom('company as c').select(['c.id', 'c.name', isOwned.as('isOwned')])
}

/**
 * Locks a company until the transaction that `em` is in ends, so that no other transaction changes its owners or
 * organizations meanwhile.
 */
export async function lockCompany(em: EntityManager, id: string): Promise<void> {
  await kysely(em).selectFrom('company').select('id').where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}

const selectOfCompanies = statement((db, value: ValueOf<{ companyIds: readonly string[] }>) =>
  selectOrganizations(db).where('company_id', '=', sql<string>`any(${value('companyIds')})`),
)

/** The organizations of these companies, in no order. */
export function findOrganizationsOfCompanies(
  em: EntityManager,
  companyIds: readonly string[],
): Promise<OrganizationRow[]> {
  return selectOfCompanies(em, { companyIds })
}

export async function findOrganizationIdsOfCompany(em: EntityManager, companyId: string): Promise<string[]> {
  const rows = await kysely(em).selectFrom('organization').select('id').where('company_id', '=', companyId).execute()
  return rows.map(({ id }) => id)
}

export async function updateCompanyOfOrganization(
  em: EntityManager,
  organizationId: string,
  companyId: string,
): Promise<void> {
  await em.nativeUpdate(Organization, { id: organizationId }, { company: companyId })
}

/** Takes an organization out of a company. Returns false, and changes nothing, if it is not in that company. */
export async function updateToNoCompany(
  em: EntityManager,
  organizationId: string,
  companyId: string,
): Promise<boolean> {
  const changed = await em.nativeUpdate(Organization, { id: organizationId, company: companyId }, { company: null })
  return changed > 0
}

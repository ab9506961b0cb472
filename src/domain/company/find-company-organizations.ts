import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { selectOrganizations } from '../account/organization-store.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { isAdministrator } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

const selectOfCompanies = statement((db, value: ValueOf<{ companyIds: readonly string[] }>) =>
  selectOrganizations(db).where('company_id', '=', sql<string>`any(${value('companyIds')})`),
)

/**
 * The organizations of each of these companies that the principal may know of, in no order. A person stands in those they
 * may know of, which takes no statement; administrators know all of them, which takes one.
 */
export async function findCompanyOrganizations(
  em: EntityManager,
  principal: Principal,
  companyIds: readonly string[],
): Promise<OrganizationRow[][]> {
  const known = isAdministrator(principal)
    ? await selectOfCompanies(em, { companyIds })
    : [...(actingPerson(principal)?.organizationAccess.values() ?? [])].map(({ organization }) => organization)
  return companyIds.map((id) => known.filter(({ companyId }) => companyId === id))
}

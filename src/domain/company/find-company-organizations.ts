import type { EntityManager } from '@mikro-orm/postgresql'
import type { OrganizationRow } from '../model/organization.ts'
import { isAdministrator } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import { findOrganizationsOfCompanies } from './company-store.ts'

/**
 * The organizations of each of these companies that the principal can see, in no order. Administrators see all of them,
 * which takes one statement. Other people see those that their principal has, which takes no statement.
 */
export async function findCompanyOrganizations(
  em: EntityManager,
  principal: Principal,
  companyIds: readonly string[],
): Promise<OrganizationRow[][]> {
  const visible = isAdministrator(principal)
    ? await findOrganizationsOfCompanies(em, companyIds)
    : [...(actingPerson(principal)?.organizationAccess.values() ?? [])].map(({ organization }) => organization)
  return companyIds.map((id) => visible.filter(({ companyId }) => companyId === id))
}

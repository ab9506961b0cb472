import type { EntityManager } from '@mikro-orm/postgresql'
import { isNamespaceName } from '../model/namespace.ts'
import { mayManageCompany } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import { type CompanyRow, findCompaniesByIds, findCompaniesOfOwner, findCompanyByName } from './company-store.ts'

/** The company of that name, if the principal manages it. Null if not, whether it exists or not. */
export async function findCompany(em: EntityManager, principal: Principal, name: string): Promise<CompanyRow | null> {
  if (!isNamespaceName(name)) return null
  const company = await findCompanyByName(em, name, viewerId(principal))
  return company !== null && mayManageCompany(principal, company) ? company : null
}

/**
 * The companies with these ids, in no order. For companies of organizations that the principal can see: it need not
 * manage them. One statement.
 */
export function findCompaniesById(
  em: EntityManager,
  principal: Principal,
  ids: readonly string[],
): Promise<CompanyRow[]> {
  return findCompaniesByIds(em, ids, viewerId(principal))
}

/** The companies that the principal owns, by name. Empty for anonymous callers and access tokens. */
export async function findOwnedCompanies(em: EntityManager, principal: Principal): Promise<CompanyRow[]> {
  return actingPerson(principal) === null ? [] : findCompaniesOfOwner(em, viewerId(principal))
}

// Nobody has the empty id.
function viewerId(principal: Principal): string {
  return actingPerson(principal)?.user.id ?? ''
}

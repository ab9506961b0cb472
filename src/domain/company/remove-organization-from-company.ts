import { findOrganization } from '../account/find-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { type CompanyRow, lockCompany, updateToNoCompany } from './company-store.ts'
import { findCompaniesById, findCompany } from './find-company.ts'
import { throwUnknownCompany } from './require-company.ts'

/**
 * Takes an organization out of a company, whose owners no longer manage it from the next request on. For owners of
 * either, and administrators.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token) and `InvalidInput` (NOT_FOUND).
 */
export async function removeOrganizationFromCompany(
  context: RequestContext,
  companyName: string,
  organizationName: string,
): Promise<CompanyRow> {
  const { company, organization } = await requireOrganizationOfCompany(context, companyName, organizationName)
  const { id, name } = organization
  await context.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    if (!(await updateToNoCompany(em, id, company.id))) throwUnknownOrganization()
    recordActivity(context, em, {
      namespaceId: id,
      action: 'organization.company_change',
      target: name,
      data: { from: company.name },
    })
  })
  return company
}

/** The company and the organization, if the caller may separate them. Throws as `removeOrganizationFromCompany`. */
export async function requireOrganizationOfCompany(
  context: RequestContext,
  companyName: string,
  organizationName: string,
): Promise<{ readonly company: CompanyRow; readonly organization: OrganizationRow }> {
  requirePerson(context.principal)
  const organization = await findOrganization(context.em, context.principal, organizationName)
  const company =
    (await findCompany(context.em, context.principal, companyName)) ??
    (await findCompanyOf(context, organization, companyName)) ??
    throwUnknownCompany()
  if (organization === null) throwUnknownOrganization()
  return { company, organization }
}

/** The company of an organization that the caller owns, if it has that name. */
async function findCompanyOf(
  { em, principal }: RequestContext,
  organization: OrganizationRow | null,
  name: string,
): Promise<CompanyRow | null> {
  if (organization === null || organization.companyId === null) return null
  if (!mayEditOrganization(principal, organization.id)) return null
  const [company] = await findCompaniesById(em, principal, [organization.companyId])
  return company?.name === name ? company : null
}

function throwUnknownOrganization(): never {
  throwInvalid('NOT_FOUND', ['organization'], 'This company has no organization of this name. Check the name.')
}

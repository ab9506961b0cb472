import { findOrganization } from '../account/find-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Organization, type OrganizationRow } from '../model/organization.ts'
import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { type CompanyRow, findCompaniesById, findCompany } from './find-company.ts'
import { lockCompany, throwUnknownCompany } from './require-company.ts'

/**
 * Takes an organization out of a company; its owners manage it no longer, from the next request on. Either side may end it:
 * owners of the company, owners of the organization, and administrators.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token) and `InvalidInput` (NOT_FOUND).
 */
export async function removeOrganizationFromCompany(
  context: RequestContext,
  companyName: string,
  organizationName: string,
): Promise<CompanyRow> {
  requirePerson(context.principal)
  const organization = await findOrganization(context.em, context.principal, organizationName)
  const company =
    (await findCompany(context.em, context.principal, companyName)) ??
    (await findCompanyOf(context, organization, companyName)) ??
    throwUnknownCompany()
  if (organization === null) throwUnknownMember()
  const { id, name } = organization
  await context.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    const left = await em.nativeUpdate(Organization, { id, company: company.id }, { company: null })
    if (left === 0) throwUnknownMember()
    recordActivity(context, em, {
      namespaceId: id,
      action: 'organization.company_change',
      target: name,
      data: { from: company.name },
    })
  })
  return company
}

/** The company that an organization of the caller's is in, if it has that name. */
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

function throwUnknownMember(): never {
  throwInvalid('NOT_FOUND', ['organization'], 'This company has no organization of this name. Check the name.')
}

import { lockOrganization } from '../account/organization-store.ts'
import { requireOrganizationGovernor } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { type CompanyRow, lockCompany, updateCompanyOfOrganization } from './company-store.ts'
import { requireCompany } from './require-company.ts'

/**
 * Adds an organization to a company, whose owners then manage it. Both sides have to agree: the caller owns both, or is
 * an administrator. If it is in the company already, nothing happens.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND; TAKEN for one in another company).
 */
export async function addOrganizationToCompany(
  context: RequestContext,
  companyName: string,
  organizationName: string,
): Promise<CompanyRow> {
  const company = await requireCompany(context, companyName)
  const path = ['organization']
  const { id, name } = await requireOrganizationGovernor(context.em, context.principal, organizationName, path)
  await context.em.transactional(async (em) => {
    await lockCompany(em, company.id)
    const { companyId: current } = await lockOrganization(em, id)
    if (current === company.id) return
    if (current !== null)
      throwInvalid(
        'TAKEN',
        path,
        `${name} is in another company. Take it out of that one first: removeOrganizationFromCompany.`,
      )
    await updateCompanyOfOrganization(em, id, company.id)
    recordActivity(context, em, {
      namespaceId: id,
      action: 'organization.company_change',
      target: name,
      data: { to: company.name },
    })
  })
  return company
}

import { requireOrganizationGovernor } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Organization } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import type { CompanyRow } from './find-company.ts'
import { lockCompany, requireCompany } from './require-company.ts'

/**
 * Puts an organization into a company, whose owners manage it from then on. Both sides have to agree: it takes one who
 * owns the two, or an administrator. For one that is in it already nothing happens.
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
    const { company_id: current } = await kysely(em)
      .selectFrom('organization')
      .select('company_id')
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    if (current === company.id) return
    if (current !== null)
      throwInvalid(
        'TAKEN',
        path,
        `${name} is in another company. Take it out of that one first: removeOrganizationFromCompany.`,
      )
    await em.nativeUpdate(Organization, { id }, { company: company.id })
    recordActivity(context, em, {
      namespaceId: id,
      action: 'organization.company_change',
      target: name,
      data: { to: company.name },
    })
  })
  return company
}

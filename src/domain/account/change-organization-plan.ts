import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { Organization } from '../model/organization.ts'
import type { Plan } from '../model/plan.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { Denied } from '../shared/errors.ts'
import { requireOrganization } from './require-organization.ts'

/**
 * Puts an organization on another plan. Tokens beyond a smaller plan's number stay and go on working; new ones are
 * refused until enough are deleted. Throws `Denied` (FORBIDDEN: administrators only) and `InvalidInput` (NOT_FOUND).
 */
export async function changeOrganizationPlan(
  context: RequestContext,
  name: string,
  plan: Plan,
): Promise<OrganizationRow> {
  requirePerson(context.principal)
  if (!isAdministrator(context.principal))
    throw new Denied('FORBIDDEN', 'Only administrators of this installation may change a plan. Ask one of them.')
  const organization = await requireOrganization(context.em, context.principal, name, ['organization'])
  if (organization.plan === plan) return organization

  await context.em.transactional(async (em) => {
    await em.nativeUpdate(Organization, { id: organization.id }, { plan })
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'organization.plan_change',
      target: name,
      data: { from: organization.plan, to: plan },
    })
  })
  return { ...organization, plan }
}

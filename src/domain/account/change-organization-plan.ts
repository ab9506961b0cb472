import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { Plan } from '../model/plan.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { Denied } from '../shared/errors.ts'
import { updateOrganizationRow } from './organization-store.ts'
import { requireOrganization } from './require-organization.ts'

/**
 * Changes the plan of an organization. Tokens beyond the limit of a smaller plan keep working, but no token can be
 * generated until enough are deleted. A plan without tokens suspends all of them, until the plan has tokens again.
 *
 * Throws `Denied` (FORBIDDEN: administrators only) and `InvalidInput` (NOT_FOUND).
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
    await updateOrganizationRow(em, organization.id, { plan })
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'organization.plan_change',
      target: name,
      data: { from: organization.plan, to: plan },
    })
  })
  return { ...organization, plan }
}

import type { EntityManager } from '@mikro-orm/postgresql'
import type { UserRow } from '../account/user-store.ts'
import { recordActivities } from '../journal/record-activity.ts'
import type { ActivityAction } from '../model/activity-action.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type CompanyRow, findOrganizationIdsOfCompany } from './company-store.ts'

/**
 * Records a new or removed owner of a company: for the owner, and for each organization of the company, because the
 * owner manages its tokens. The company must be locked, so that its organizations stay the same.
 */
export async function recordOwnerChange(
  context: RequestContext,
  em: EntityManager,
  action: Extract<ActivityAction, `company.owner_${string}`>,
  company: CompanyRow,
  owner: UserRow,
): Promise<void> {
  const organizationIds = await findOrganizationIdsOfCompany(em, company.id)
  const change = { action, target: owner.username, data: { company: company.name } }
  recordActivities(
    context,
    em,
    [owner.id, ...organizationIds].map((namespaceId) => ({ namespaceId, ...change })),
  )
}

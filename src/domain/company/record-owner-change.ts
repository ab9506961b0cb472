import type { EntityManager } from '@mikro-orm/postgresql'
import type { UserRow } from '../account/user-store.ts'
import { recordActivities } from '../journal/record-activity.ts'
import type { ActivityAction } from '../model/activity-action.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { kysely } from '../sql/tables.ts'
import type { CompanyRow } from './find-company.ts'

/**
 * Records that somebody has begun or ceased to own a company: for them, and for each organization in it, whose tokens they
 * manage by that. The company is locked, so that no organization comes in or leaves meanwhile.
 */
export async function recordOwnerChange(
  context: RequestContext,
  em: EntityManager,
  action: Extract<ActivityAction, `company.owner_${string}`>,
  company: CompanyRow,
  owner: UserRow,
): Promise<void> {
  const organizations = await kysely(em)
    .selectFrom('organization')
    .select('id')
    .where('company_id', '=', company.id)
    .execute()
  const change = { action, target: owner.username, data: { company: company.name } }
  recordActivities(
    context,
    em,
    [owner, ...organizations].map(({ id: namespaceId }) => ({ namespaceId, ...change })),
  )
}

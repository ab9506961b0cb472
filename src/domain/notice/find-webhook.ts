import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { findWebhook, type WebhookRow } from './webhook-store.ts'

/** The webhook with that id, if the caller manages it. Null if not, whether it exists or not. */
export async function findVisibleWebhook({ em, principal }: RequestContext, id: string): Promise<WebhookRow | null> {
  if (idPrefixOf(id) !== 'whk') return null
  const webhook = await findWebhook(em, id)
  return webhook !== null && mayEditOrganization(principal, webhook.organizationId) ? webhook : null
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { Webhook } from '../model/webhook.ts'
import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { lockEntity } from '../sql/lock-entity.ts'

/**
 * The webhook of that id, locked, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token)
 * and `InvalidInput` (NOT_FOUND), the same for one that does not exist and one that is not the caller's to manage.
 */
export async function lockWebhook(context: RequestContext, em: EntityManager, id: string): Promise<Webhook> {
  requirePerson(context.principal)
  const webhook = await lockEntity(em, Webhook, 'whk', id)
  if (webhook === null || !mayEditOrganization(context.principal, webhook.namespace))
    throwInvalid('NOT_FOUND', ['id'], 'There is no webhook of this id that you manage. Check the id.')
  return webhook
}

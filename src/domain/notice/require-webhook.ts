import type { EntityManager } from '@mikro-orm/postgresql'
import type { Webhook } from '../model/webhook.ts'
import { mayEditOrganization } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid } from '../shared/errors.ts'
import { lockWebhook } from './webhook-store.ts'

/**
 * The webhook with that id, locked, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access
 * token) and `InvalidInput` (NOT_FOUND) if it does not exist or the caller does not manage it.
 */
export async function lockManagedWebhook(context: RequestContext, em: EntityManager, id: string): Promise<Webhook> {
  requirePerson(context.principal)
  const webhook = await lockWebhook(em, id)
  if (webhook === null || !mayEditOrganization(context.principal, webhook.namespace)) throwUnknownWebhook()
  return webhook
}

/** Throws `InvalidInput` (NOT_FOUND), whether the webhook does not exist or the caller does not manage it. */
export function throwUnknownWebhook(): never {
  throwInvalid('NOT_FOUND', ['id'], 'There is no webhook of this id that you manage. Check the id.')
}

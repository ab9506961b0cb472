import { type EntityManager, LockMode } from '@mikro-orm/postgresql'
import { mayEditOrganization } from '../access/policy.ts'
import { requirePerson } from '../access/require.ts'
import type { Call } from '../call.ts'
import { refuse } from '../errors.ts'
import { idPrefixOf } from '../id.ts'
import { Webhook } from './webhook.ts'

/**
 * The webhook of that id, locked, which the caller manages. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token)
 * and `InputRefused` (NOT_FOUND), the same for one that does not exist and one that is not the caller's to manage.
 */
export async function lockWebhook(call: Call, em: EntityManager, id: string): Promise<Webhook> {
  requirePerson(call.principal)
  const webhook =
    idPrefixOf(id) === 'whk' ? await em.findOne(Webhook, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE }) : null
  if (webhook === null || !mayEditOrganization(call.principal, webhook.namespace))
    refuse('NOT_FOUND', ['id'], 'There is no webhook of this id that you manage. Check the id.')
  return webhook
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import { Session } from '../model/session.ts'
import { UsageWindow } from '../model/usage-tables.ts'
import type { Call } from '../policy/call.ts'
import { requirePerson } from '../policy/require.ts'
import { idPrefixOf } from '../shared/id.ts'
import { sqlOf } from '../sql/tables.ts'
import { lockManagedToken } from './require-token.ts'

/**
 * Deletes a token of any status, with its secrets, scopes and counts, and so frees its place in the plan. That of a device
 * takes the device's session along. Its events stay. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused`
 * (NOT_FOUND).
 */
export async function deleteToken(call: Call, id: string): Promise<void> {
  await call.em.transactional(async (em) => {
    await lockSessionOf(call, em, id)
    const token = await lockManagedToken(call, em, id)
    recordActivity(call, em, {
      namespaceId: token.namespace,
      action: 'access_token.delete',
      target: token.label,
      token,
    })
    await em.nativeDelete(UsageWindow, { namespace: token.namespace, subjectId: token.id })
    if (token.session === null) em.remove(token)
    else await em.nativeDelete(Session, { id: token.session })
  })
}

// Whoever ends a session comes to its token after it; the other way around, the two would wait for each other.
async function lockSessionOf(call: Call, em: EntityManager, tokenId: string): Promise<void> {
  const { user } = requirePerson(call.principal)
  if (idPrefixOf(tokenId) !== 'tok') return
  await sqlOf(em)
    .selectFrom('session')
    .select('id')
    .where('id', '=', (where) =>
      where
        .selectFrom('access_token')
        .select('session_id')
        .where('namespace_id', '=', user.id)
        .where('id', '=', tokenId),
    )
    .forUpdate()
    .execute()
}

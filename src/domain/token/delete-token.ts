import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import { Session } from '../model/session.ts'
import { UsageWindow } from '../model/usage-tables.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { idPrefixOf } from '../shared/id.ts'
import { kysely } from '../sql/tables.ts'
import { lockManagedToken } from './require-token.ts'

/**
 * Deletes a token of any status, with its secrets, scopes and counts, and so frees its place in the plan. That of a device
 * takes the device's session along. Its events stay. Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput`
 * (NOT_FOUND).
 */
export async function deleteToken(context: RequestContext, id: string): Promise<void> {
  await context.em.transactional(async (em) => {
    await lockSessionOf(context, em, id)
    const token = await lockManagedToken(context, em, id)
    recordActivity(context, em, {
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
async function lockSessionOf(context: RequestContext, em: EntityManager, tokenId: string): Promise<void> {
  const { user } = requirePerson(context.principal)
  if (idPrefixOf(tokenId) !== 'tok') return
  await kysely(em)
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

import { type Activity, recordActivities } from '../journal/record-activity.ts'
import { Repository } from '../model/repository.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { kysely } from '../sql/tables.ts'
import { requireRepository, throwUnknownRepository } from './require-repository.ts'

/**
 * Deletes a repository and takes it out of every token's scopes, with an event for each token. A token that is left with
 * no scope stays, the one that the caller used among them. Answers the id of what was deleted.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteRepository(context: RequestContext, name: string): Promise<string> {
  const repository = await requireRepository(context, name, 'REPOSITORY_ADMIN')
  await context.em.transactional(async (em) => {
    // The lock keeps new scopes away until the deletion is done: a scope row holds a key-share lock on its repository.
    const locked = await kysely(em)
      .selectFrom('repository')
      .select('id')
      .where('id', '=', repository.id)
      .forUpdate()
      .executeTakeFirst()
    if (locked === undefined) throwUnknownRepository()
    const tokens = await kysely(em)
      .deleteFrom('access_token_scope as s')
      .using('access_token as t')
      .whereRef('t.namespace_id', '=', 's.namespace_id')
      .whereRef('t.id', '=', 's.token_id')
      .where('s.repository_namespace_id', '=', repository.namespaceId)
      .where('s.repository_id', '=', repository.id)
      .returning(['t.id', 't.label', 't.namespace_id as namespaceId'])
      .execute()
    // What a person's token is called is told to the person alone.
    const losses = tokens.map((token): Activity => {
      const { namespaceId, label } = token
      const data = { repository: repository.name }
      return { namespaceId, action: 'access_token.scope_remove', target: label, token, data }
    })
    await em.nativeDelete(Repository, { id: repository.id })
    const { namespaceId, name: target } = repository
    recordActivities(context, em, [...losses, { namespaceId, action: 'repository.delete', target }])
  })
  return repository.id
}

import { type Activity, recordActivities } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireRepository, throwUnknownRepository } from './find-repository.ts'
import type { RepositoryRow } from './repository-store.ts'
import { deleteRepositoryRow, lockRepository } from './repository-write-store.ts'

/**
 * Deletes a repository, and removes it from the scopes of every token, with an event for each token. A token without
 * scopes stays, also that of the caller. Returns the deleted repository.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteRepository(context: RequestContext, name: string): Promise<RepositoryRow> {
  const repository = await requireRepository(context, name, 'REPOSITORY_ADMIN')
  await context.em.transactional(async (em) => {
    if (!(await lockRepository(em, repository.id))) throwUnknownRepository()
    const tokens = await deleteRepositoryRow(em, repository)
    // The label of a personal token is recorded in the person's own log only.
    const losses = tokens.map((token): Activity => {
      const { namespaceId, label } = token
      const data = { repository: repository.name }
      return { namespaceId, action: 'access_token.scope_remove', target: label, token, data }
    })
    const { namespaceId, name: target } = repository
    recordActivities(context, em, [...losses, { namespaceId, action: 'repository.delete', target }])
  })
  return repository
}

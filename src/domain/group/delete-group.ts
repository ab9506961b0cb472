import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { lockGroup } from './require-group.ts'

/**
 * Deletes a group, and with it what its members could do by it. Answers the id of what was deleted.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteGroup(context: RequestContext, id: string): Promise<string> {
  await context.em.transactional(async (em) => {
    const group = await lockGroup(context, em, id, ['id'])
    em.remove(group)
    recordActivity(context, em, { namespaceId: group.organization, action: 'group.delete', target: group.name })
  })
  return id
}

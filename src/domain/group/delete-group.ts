import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type GroupRow, toGroupRow } from './group-store.ts'
import { lockEditableGroup } from './require-group.ts'

/**
 * Deletes a group. Its members lose the access that it gave them. Returns the deleted group.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function deleteGroup(context: RequestContext, id: string): Promise<GroupRow> {
  return context.em.transactional(async (em) => {
    const group = await lockEditableGroup(context, em, id, ['id'])
    em.remove(group)
    recordActivity(context, em, { namespaceId: group.organization, action: 'group.delete', target: group.name })
    return toGroupRow(group)
  })
}

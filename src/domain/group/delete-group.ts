import { recordActivity } from '../journal/record-activity.ts'
import type { Call } from '../policy/call.ts'
import { lockGroup } from './require-group.ts'

/**
 * Deletes a group, and with it what its members could do by it. Answers the id of what was deleted.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND).
 */
export async function deleteGroup(call: Call, id: string): Promise<string> {
  await call.em.transactional(async (em) => {
    const group = await lockGroup(call, em, id, ['id'])
    em.remove(group)
    recordActivity(call, em, { namespaceId: group.organization, action: 'group.delete', target: group.name })
  })
  return id
}

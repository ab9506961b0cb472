import { findUser } from '../account/user-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { actingPerson } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { deleteGroupMembership } from './group-member-store.ts'
import { type GroupRow, toGroupRow } from './group-store.ts'
import { lockEditableGroup, lockVisibleGroup } from './require-group.ts'

/**
 * Removes a person from a group. They lose what only this group gave them. Everybody may leave a group.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function removeGroupMember(context: RequestContext, id: string, username: string): Promise<GroupRow> {
  return context.em.transactional(async (em) => {
    const isSelf = actingPerson(context.principal)?.user.username === username
    const group = await (isSelf ? lockVisibleGroup : lockEditableGroup)(context, em, id, ['group'])
    const person = await findUser(em, username)
    if (person === null || !(await deleteGroupMembership(em, group.organization, group.id, person.id)))
      throwInvalid('NOT_FOUND', ['username'], 'The group has no member of this username. Check the username.')
    recordActivity(context, em, {
      namespaceId: group.organization,
      action: 'group.member_remove',
      target: group.name,
      data: { member: username },
    })
    return toGroupRow(group)
  })
}

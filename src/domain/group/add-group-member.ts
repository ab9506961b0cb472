import { insertGroupMembership, lockMember } from '../account/membership-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { type GroupRow, toGroupRow } from './group-store.ts'
import { lockEditableGroup } from './require-group.ts'

/**
 * Adds a member of the organization to one of its groups. If they are in it already, nothing is recorded.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function addGroupMember(context: RequestContext, id: string, username: string): Promise<GroupRow> {
  return context.em.transactional(async (em) => {
    const group = await lockEditableGroup(context, em, id, ['group'])
    const { organization: organizationId } = group
    const { userId } =
      (await lockMember(em, organizationId, username)) ??
      throwInvalid(
        'NOT_FOUND',
        ['username'],
        'The organization has no member of this username. Invite them to the organization first, or check the ' +
          'username.',
      )
    if (await insertGroupMembership(em, { organizationId, userId, groupId: group.id, joinedAt: context.now }))
      recordActivity(context, em, {
        namespaceId: organizationId,
        action: 'group.member_add',
        target: group.name,
        data: { member: username },
      })
    return toGroupRow(group)
  })
}

import { findUser } from '../account/user-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { actingPerson } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { type GroupRow, toGroupRow } from './find-group.ts'
import { lockGroup, lockVisibleGroup } from './require-group.ts'

/**
 * Takes a person out of a group, and with that what they could do by it alone. Everyone may take themself out.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function removeGroupMember(context: RequestContext, id: string, username: string): Promise<GroupRow> {
  return context.em.transactional(async (em) => {
    const isThemself = actingPerson(context.principal)?.user.username === username
    const group = await (isThemself ? lockVisibleGroup : lockGroup)(context, em, id, ['group'])
    const person = await findUser(em, username)
    const removed =
      person &&
      (await kysely(em)
        .deleteFrom('group_membership')
        .where('organization_id', '=', group.organization)
        .where('group_id', '=', group.id)
        .where('user_id', '=', person.id)
        .returning('user_id')
        .executeTakeFirst())
    if (!removed)
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

import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { type GroupRow, toGroupRow } from './find-group.ts'
import { lockGroup } from './require-group.ts'

/**
 * Puts a member of the organization into one of its groups. Who is in it already stays, and nothing is recorded.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function addGroupMember(context: RequestContext, id: string, username: string): Promise<GroupRow> {
  return context.em.transactional(async (em) => {
    const group = await lockGroup(context, em, id, ['group'])
    const member = await lockMember(em, group.organization, username)
    const added = await kysely(em)
      .insertInto('group_membership')
      .values({
        organization_id: group.organization,
        group_id: group.id,
        user_id: member,
        joined_at: context.now.toISOString(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('user_id')
      .executeTakeFirst()
    if (added !== undefined)
      recordActivity(context, em, {
        namespaceId: group.organization,
        action: 'group.member_add',
        target: group.name,
        data: { member: username },
      })
    return toGroupRow(group)
  })
}

/** The id of a member, who is kept from leaving the organization until the transaction ends. Throws `InvalidInput` (NOT_FOUND). */
async function lockMember(em: EntityManager, organizationId: string, username: string): Promise<string> {
  const found = isNamespaceName(username)
    ? await kysely(em)
        .selectFrom('user_account as u')
        .innerJoin('membership as m', 'm.user_id', 'u.id')
        .select('u.id')
        .where('u.username', '=', username)
        .where('m.organization_id', '=', organizationId)
        .forKeyShare('m')
        .executeTakeFirst()
    : undefined
  if (found === undefined)
    throwInvalid(
      'NOT_FOUND',
      ['username'],
      'The organization has no member of this username. Invite them to the organization first, or check the username.',
    )
  return found.id
}

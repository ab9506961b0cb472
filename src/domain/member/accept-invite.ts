import type { EntityManager } from '@mikro-orm/postgresql'
import { lockOrganization } from '../account/find-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Invite } from '../model/invite.ts'
import { isHigher, type OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { Call } from '../policy/call.ts'
import { requirePerson } from '../policy/require.ts'
import { sqlOf } from '../sql/tables.ts'
import { endInvitesFor, ownsOrganization } from './end-invites.ts'
import { keepGroup } from './keep-group.ts'
import type { MemberRow } from './list-members.ts'
import { refuseUnknownInvite, requireOwnInvite } from './require-invite.ts'

/** A member as a verb leaves them, and the organization. */
export interface ChangedMember {
  readonly organization: OrganizationRow
  readonly member: MemberRow
}

/**
 * Accepts an invite: the caller becomes a member, and one of the invite's group, if it has one. Who has become a member in the
 * meantime keeps the higher of the two roles. The invite is gone then, and with it any other that
 * the organization has for the caller.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND).
 */
export async function acceptInvite(call: Call, id: string): Promise<ChangedMember> {
  const { organizationId } = await requireOwnInvite(call, id)
  return call.em.transactional(async (em) => {
    const organization = await lockOrganization(em, organizationId)
    // As it is now: while the lock was waited for, it may have been renewed.
    const invite = await requireOwnInvite({ ...call, em }, id)
    if (invite.invitedById !== null && !(await ownsOrganization(em, organizationId, invite.invitedById)))
      refuseUnknownInvite()
    // Before the invite is touched, for a deletion of the group goes in this order, too.
    const group = invite.groupId === null ? null : await keepGroup(em, organizationId, invite.groupId)
    if ((await em.nativeDelete(Invite, { id })) === 0) refuseUnknownInvite()

    const member = await join(call, em, organizationId, invite.role)
    await endInvitesFor(em, organizationId, member.userId)
    if (group !== null)
      await sqlOf(em)
        .insertInto('group_membership')
        .values({
          organization_id: organizationId,
          group_id: group.id,
          user_id: member.userId,
          joined_at: call.now,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    recordActivity(call, em, {
      namespaceId: organizationId,
      action: 'invite.accept',
      target: invite.invitee,
      data: { role: member.role, ...(group && { group: group.name }) },
    })
    return { organization, member }
  })
}

/** Makes the caller a member, who has this role or a higher one that they had before. */
async function join(call: Call, em: EntityManager, organizationId: string, role: OrganizationRole): Promise<MemberRow> {
  const { user } = requirePerson(call.principal)
  const held = await sqlOf(em)
    .selectFrom('membership')
    .select('role')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', user.id)
    .executeTakeFirst()
  const highest = held !== undefined && isHigher(held.role, role) ? held.role : role
  const { joinedAt } = await sqlOf(em)
    .insertInto('membership')
    .values({ organization_id: organizationId, user_id: user.id, role: highest, joined_at: call.now })
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doUpdateSet({ role: highest }))
    .returning('joined_at as joinedAt')
    .executeTakeFirstOrThrow()
  return { userId: user.id, username: user.username, role: highest, joinedAt }
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { findMembership, insertMembership, updateMembershipRole } from '../account/membership-store.ts'
import { lockOrganization } from '../account/organization-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Invite } from '../model/invite.ts'
import { isHigher, type OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { kysely } from '../sql/tables.ts'
import { endInvitesFor, ownsOrganization } from './end-invites.ts'
import type { MemberRow } from './list-members.ts'
import { lockGroupForGrant } from './lock-group-for-grant.ts'
import { requireOwnInvite, throwUnknownInvite } from './require-invite.ts'

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
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function acceptInvite(context: RequestContext, id: string): Promise<ChangedMember> {
  const { organizationId } = await requireOwnInvite(context, id)
  return context.em.transactional(async (em) => {
    const organization = await lockOrganization(em, organizationId)
    // As it is now: while the lock was waited for, it may have been renewed.
    const invite = await requireOwnInvite({ ...context, em }, id)
    if (invite.invitedById !== null && !(await ownsOrganization(em, organizationId, invite.invitedById)))
      throwUnknownInvite()
    // Before the invite is touched, for a deletion of the group goes in this order, too.
    const group = invite.groupId === null ? null : await lockGroupForGrant(em, organizationId, invite.groupId)
    if ((await em.nativeDelete(Invite, { id })) === 0) throwUnknownInvite()

    const member = await join(context, em, organizationId, invite.role)
    await endInvitesFor(em, organizationId, member.userId)
    if (group !== null)
      await kysely(em)
        .insertInto('group_membership')
        .values({
          organization_id: organizationId,
          group_id: group.id,
          user_id: member.userId,
          joined_at: context.now,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    recordActivity(context, em, {
      namespaceId: organizationId,
      action: 'invite.accept',
      target: invite.invitee,
      data: { role: member.role, ...(group && { group: group.name }) },
    })
    return { organization, member }
  })
}

/** Makes the caller a member. If they are one already, the higher of the two roles is theirs. */
async function join(
  context: RequestContext,
  em: EntityManager,
  organizationId: string,
  role: OrganizationRole,
): Promise<MemberRow> {
  const { user } = requirePerson(context.principal)
  const key = { organizationId, userId: user.id }
  const member = { userId: user.id, username: user.username }
  if (await insertMembership(em, { ...key, role, joinedAt: context.now }))
    return { ...member, role, joinedAt: context.now.toISOString() }
  const held = await findMembership(em, key)
  if (!isHigher(role, held.role)) return { ...member, ...held }
  await updateMembershipRole(em, key, role)
  return { ...member, role, joinedAt: held.joinedAt }
}

import type { EntityManager } from '@mikro-orm/postgresql'
import {
  findMembership,
  insertGroupMembership,
  insertMembership,
  updateMembershipRole,
} from '../account/membership-store.ts'
import { lockOrganization } from '../account/organization-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { isHigher, type OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { deleteInvite, deleteInvitesFor } from './invite-store.ts'
import { findIsOwner, lockGroupOfInvite, type MemberRow } from './member-store.ts'
import { requireOwnInvite, throwUnknownInvite } from './require-invite.ts'

/** A member after a change, or before their removal, and the organization. */
export interface ChangedMember {
  readonly organization: OrganizationRow
  readonly member: MemberRow
}

/**
 * Accepts an invite: the caller becomes a member of the organization and of the invite's group. If they are a member
 * already, the higher of the two roles is theirs. Deletes all invites of the organization for the caller.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND).
 */
export async function acceptInvite(context: RequestContext, id: string): Promise<ChangedMember> {
  const { organizationId } = await requireOwnInvite(context, id)
  return context.em.transactional(async (em) => {
    const organization = await lockOrganization(em, organizationId)
    // It may have been renewed before the lock was acquired.
    const invite = await requireOwnInvite({ ...context, em }, id)
    if (invite.invitedById !== null && !(await findIsOwner(em, organizationId, invite.invitedById)))
      throwUnknownInvite()
    // A deletion of the group locks the group before its invites, too.
    const group = invite.groupId === null ? null : await lockGroupOfInvite(em, organizationId, invite.groupId)
    if (!(await deleteInvite(em, id))) throwUnknownInvite()

    const member = await join(context, em, organizationId, invite.role)
    await deleteInvitesFor(em, organizationId, member.userId)
    if (group !== null)
      await insertGroupMembership(em, {
        organizationId,
        groupId: group.id,
        userId: member.userId,
        joinedAt: context.now,
      })
    recordActivity(context, em, {
      namespaceId: organizationId,
      action: 'invite.accept',
      target: invite.invitee,
      data: { role: member.role, ...(group && { group: group.name }) },
    })
    return { organization, member }
  })
}

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

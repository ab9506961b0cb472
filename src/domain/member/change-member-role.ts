import { updateMembershipRole } from '../account/membership-store.ts'
import { lockOrganization } from '../account/organization-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRole } from '../model/membership.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { ChangedMember } from './accept-invite.ts'
import { endInvitesBy } from './end-invites.ts'
import { requireChangeableMember, requireMemberEditor } from './require-member.ts'

/**
 * Gives a member another role. Everybody may step down themself, but for the last owner. The open invites of
 * one who is an owner no more end.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, SCOPE_NOT_ALLOWED, LAST_OWNER).
 */
export async function changeMemberRole(
  context: RequestContext,
  organizationName: string,
  username: string,
  role: OrganizationRole,
): Promise<ChangedMember> {
  const { id } = await requireMemberEditor(context, organizationName, username)
  return context.em.transactional(async (em) => {
    const organization = await lockOrganization(em, id)
    const member = await requireChangeableMember(context, em, organization, username, role)
    if (member.role === role) return { organization, member }
    await updateMembershipRole(em, { organizationId: id, userId: member.userId }, role)
    if (member.role === 'OWNER') await endInvitesBy(em, id, member.userId)
    recordActivity(context, em, {
      namespaceId: id,
      action: 'member.role_change',
      target: username,
      data: { from: member.role, to: role },
    })
    return { organization, member: { ...member, role } }
  })
}

import { updateMembershipRole } from '../account/membership-store.ts'
import { lockOrganization } from '../account/organization-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRole } from '../model/membership.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { ChangedMember } from './accept-invite.ts'
import { deleteInvitesBy } from './invite-store.ts'
import { requireChangeableMember, requireMemberEditor } from './require-member.ts'

/**
 * Gives a member another role. Everybody except the last owner may step down. The open invites of a former owner end.
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
    if (member.role === 'OWNER') await deleteInvitesBy(em, id, member.userId)
    recordActivity(context, em, {
      namespaceId: id,
      action: 'member.role_change',
      target: username,
      data: { from: member.role, to: role },
    })
    return { organization, member: { ...member, role } }
  })
}

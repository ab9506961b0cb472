import { deleteMembership } from '../account/membership-store.ts'
import { lockOrganization } from '../account/organization-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { ChangedMember } from './accept-invite.ts'
import { deleteInvitesBy, deleteInvitesFor } from './invite-store.ts'
import { requireChangeableMember, requireMemberEditor } from './require-member.ts'

/**
 * Removes a member from an organization and its groups. Their personal tokens lose access to it; tokens of the
 * organization that they generated stay. Open invites for them and by them end. Everybody except the last owner may
 * leave.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, SCOPE_NOT_ALLOWED, LAST_OWNER).
 */
export async function removeMember(
  context: RequestContext,
  organizationName: string,
  username: string,
): Promise<ChangedMember> {
  const { id } = await requireMemberEditor(context, organizationName, username)
  return context.em.transactional(async (em) => {
    const organization = await lockOrganization(em, id)
    const member = await requireChangeableMember(context, em, organization, username, null)
    await deleteMembership(em, { organizationId: id, userId: member.userId })
    await deleteInvitesFor(em, id, member.userId)
    await deleteInvitesBy(em, id, member.userId)
    recordActivity(context, em, {
      namespaceId: id,
      action: 'member.remove',
      target: username,
      data: { role: member.role },
    })
    return { organization, member }
  })
}

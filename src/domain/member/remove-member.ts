import { deleteMembership } from '../account/membership-store.ts'
import { lockOrganization } from '../account/organization-store.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { ChangedMember } from './accept-invite.ts'
import { endInvitesBy, endInvitesFor } from './end-invites.ts'
import { requireChangeableMember, requireMemberEditor } from './require-member.ts'

/**
 * Takes a member out of an organization and its groups; with that, their own tokens reach nothing of it any more. The tokens
 * of the organization that they generated stay; open invites for them, and those that they gave, end. Everybody may leave, but for the last owner.
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
    await endInvitesFor(em, id, member.userId)
    await endInvitesBy(em, id, member.userId)
    recordActivity(context, em, {
      namespaceId: id,
      action: 'member.remove',
      target: username,
      data: { role: member.role },
    })
    return { organization, member }
  })
}

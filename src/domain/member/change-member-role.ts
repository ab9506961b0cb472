import { lockOrganization } from '../account/find-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Membership, type OrganizationRole } from '../model/membership.ts'
import type { Call } from '../policy/call.ts'
import type { ChangedMember } from './accept-invite.ts'
import { endInvitesBy } from './end-invites.ts'
import { requireChangeableMember, requireMemberEditor } from './require-member.ts'

/**
 * Gives a member another role. Everybody may step down themself, but for the last owner. The open invites of
 * one who is an owner no more end.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InputRefused` (NOT_FOUND, SCOPE_NOT_ALLOWED, LAST_OWNER).
 */
export async function changeMemberRole(
  call: Call,
  organizationName: string,
  username: string,
  role: OrganizationRole,
): Promise<ChangedMember> {
  const { id } = await requireMemberEditor(call, organizationName, username)
  return call.em.transactional(async (em) => {
    const organization = await lockOrganization(em, id)
    const member = await requireChangeableMember(call, em, organization, username, role)
    if (member.role === role) return { organization, member }
    await em.nativeUpdate(Membership, { organization: id, user: member.userId }, { role })
    if (member.role === 'OWNER') await endInvitesBy(em, id, member.userId)
    recordActivity(call, em, {
      namespaceId: id,
      action: 'member.role_change',
      target: username,
      data: { from: member.role, to: role },
    })
    return { organization, member: { ...member, role } }
  })
}

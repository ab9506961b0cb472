import { checkOrganizationPermission, type SeenOrganization } from '../account/require-organization.ts'
import { mayAppointOwners } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { countInvites, type InviteRow, listInviteRows, listInvitesFor } from './invite-store.ts'

/**
 * The open invites of an organization, newest first. A token does not see those for owners. Throws `Denied` (FORBIDDEN;
 * BAD_USER_INPUT for the cursor of another list).
 */
export async function listInvites(
  { em, principal, now }: RequestContext,
  organization: SeenOrganization,
  page: PageRequest,
): Promise<Page<InviteRow>> {
  checkOrganizationPermission(principal, organization, 'INVITE_READ')
  if (page.cursor !== null && idPrefixOf(page.cursor) !== 'inv') throw foreignCursor()
  const { id } = organization
  const list = { organizationId: id, now, withOwners: mayAppointOwners(principal, id) }
  return toPage(
    await listInviteRows(em, list, page),
    page,
    (invite) => invite.id,
    () => countInvites(em, list),
  )
}

/**
 * The newest hundred open invites for a signed-in person. Empty for other callers. Addresses are not verified: if
 * everybody may sign up with any address, invites for addresses are left out.
 */
export async function listOwnInvites({ em, principal, now, settings }: RequestContext): Promise<InviteRow[]> {
  if (principal.kind !== 'SESSION') return []
  const { id, email } = principal.user
  const shownByAddress = settings.allowSignUp ? null : email
  return listInvitesFor(em, { userId: id, email: shownByAddress ?? '' }, now)
}

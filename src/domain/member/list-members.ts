import { checkOrganizationPermission, type SeenOrganization } from '../account/require-organization.ts'
import type { OrganizationRole } from '../model/membership.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countMembers, listMemberRows, type MemberRow } from './member-store.ts'

/** Which members to list. Absent members of the filter do not narrow the list. */
export interface MemberFilter {
  /** A part of the username or of the display name, in upper or lower case. */
  readonly search?: string | null | undefined
  readonly role?: OrganizationRole | null | undefined
}

/**
 * The members of an organization, by username. Throws `Denied` (FORBIDDEN; BAD_USER_INPUT for the cursor of another
 * list).
 */
export async function listMembers(
  { em, principal }: RequestContext,
  organization: SeenOrganization,
  page: PageRequest,
  { search, role }: MemberFilter,
): Promise<Page<MemberRow>> {
  checkOrganizationPermission(principal, organization, 'MEMBER_READ')
  if (page.after !== null && !isNamespaceName(page.after)) throw foreignCursor()
  const list = { organizationId: organization.id, pattern: searchPattern(search), role: role ?? null }
  return toPage(
    await listMemberRows(em, list, page),
    page,
    ({ username }) => username,
    () => countMembers(em, list),
  )
}

import { checkOrganizationPermission, type SeenOrganization } from '../account/require-organization.ts'
import type { OrganizationRole } from '../model/membership.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type ListOrder, type OrderedKey, orderedKey, readOrderedKey } from '../shared/list-order.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countMembers, listMemberRows, type MemberRow } from './member-store.ts'

/** Which members to list. Absent members of the filter do not narrow the list. */
export interface MemberFilter {
  /** A part of the username or of the display name, in upper or lower case. */
  readonly search?: string | null | undefined
  readonly role?: OrganizationRole | null | undefined
}

export type MemberOrder = ListOrder<'USERNAME' | 'JOINED_AT'>

/**
 * The members of an organization, by username or in the requested order. Throws `Denied` (FORBIDDEN; BAD_USER_INPUT for
 * the cursor of another list or order).
 */
export async function listMembers(
  { em, principal }: RequestContext,
  organization: SeenOrganization,
  page: PageRequest,
  { search, role }: MemberFilter,
  orderBy: MemberOrder | null | undefined,
): Promise<Page<MemberRow>> {
  checkOrganizationPermission(principal, organization, 'MEMBER_READ')
  const order = orderBy?.field === 'USERNAME' && orderBy.direction === 'ASC' ? null : (orderBy ?? null)
  const start = readCursor(order, page)
  const list = { organizationId: organization.id, pattern: searchPattern(search), role: role ?? null }
  return toPage(
    await listMemberRows(em, list, order, page, start),
    page,
    ({ userId, username, joinedAt }) =>
      order === null ? username : orderedKey(order, userId, order.field === 'USERNAME' ? username : joinedAt),
    () => countMembers(em, list),
  )
}

function readCursor(order: MemberOrder | null, page: PageRequest): OrderedKey | null {
  const start =
    order === null ? { id: '', value: page.cursor ?? '' } : readOrderedKey(order, page, order.field === 'JOINED_AT')
  if (page.cursor === null) return null
  if (start !== null && order?.field !== 'JOINED_AT' && !isNamespaceName(start.value)) throw foreignCursor()
  if (start?.value === '') throw foreignCursor()
  return start
}

import { checkOrganizationPermission, type SeenOrganization } from '../account/require-organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countGroups, type GroupRow, listGroupRows } from './group-store.ts'

/**
 * The groups of an organization, by name. `search` is a part of the name. Throws `Denied` (FORBIDDEN, BAD_USER_INPUT).
 */
export async function listGroups(
  { em, principal }: RequestContext,
  organization: SeenOrganization,
  page: PageRequest,
  search: string | null | undefined,
): Promise<Page<GroupRow>> {
  checkOrganizationPermission(principal, organization, 'GROUP_READ')
  const list = { organizationId: organization.id, pattern: searchPattern(search) }
  return toPage(
    await listGroupRows(em, list, page),
    page,
    ({ name }) => name,
    () => countGroups(em, list),
  )
}

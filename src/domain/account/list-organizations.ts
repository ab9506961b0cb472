import type { OrganizationRow } from '../model/organization.ts'
import { readingPerson } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'

/**
 * The organizations that the caller belongs to or owns through a company, by name. Empty for anonymous callers and
 * organization tokens.
 */
export function listOrganizations({ principal }: RequestContext, page: PageRequest): Page<OrganizationRow> {
  const access = [...(readingPerson(principal)?.organizationAccess.values() ?? [])]
  return pageByName(
    access.map(({ organization }) => organization),
    page,
  )
}

/** A page of loaded organizations, by name. */
export function pageByName(organizations: readonly OrganizationRow[], page: PageRequest): Page<OrganizationRow> {
  const { cursor, isBackward, size } = page
  const sorted = organizations.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  if (isBackward) sorted.reverse()
  const following = sorted.filter(({ name }) => cursor === null || (isBackward ? name < cursor : name > cursor))
  return toPage(
    following.slice(0, size + 1),
    page,
    ({ name }) => name,
    async () => organizations.length,
  )
}

import type { OrganizationRole } from '../model/membership.ts'
import { isNamespaceName } from '../model/namespace.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { countRows } from '../sql/count-rows.ts'
import { kysely } from '../sql/tables.ts'

/** A person in an organization. */
export interface MemberRow {
  readonly userId: string
  readonly username: string
  readonly role: OrganizationRole
  readonly joinedAt: Timestamp
}

/** Which members to list. What is absent does not narrow the list. */
export interface MemberFilter {
  /** A part of the username or of the name to show, in upper or lower case. */
  readonly search?: string | null | undefined
  readonly role?: OrganizationRole | null | undefined
}

/**
 * The members of an organization, by username. Whether the caller may see them is decided before. Throws `Denied`
 * (BAD_USER_INPUT) for the cursor of another list.
 */
export async function listMembers(
  context: RequestContext,
  organizationId: string,
  page: PageRequest,
  { search, role }: MemberFilter,
): Promise<Page<MemberRow>> {
  if (page.after !== null && !isNamespaceName(page.after)) throw foreignCursor()
  const pattern = searchPattern(search)
  let matching = kysely(context.em)
    .selectFrom('membership as m')
    .innerJoin('user_account as u', 'u.id', 'm.user_id')
    .select(['m.user_id as userId', 'u.username', 'm.role', 'm.joined_at as joinedAt'])
    .where('m.organization_id', '=', organizationId)
  if (role) matching = matching.where('m.role', '=', role)
  if (pattern !== null)
    matching = matching.where((where) =>
      where.or([where('u.username', 'ilike', pattern), where('u.display_name', 'ilike', pattern)]),
    )

  // Taken before they are sorted: else all people would be walked through by name, in search of members.
  const members = matching.offset(0).as('member')
  let rows = kysely(context.em)
    .selectFrom(members)
    .selectAll()
    .orderBy('username')
    .limit(page.first + 1)
  if (page.after !== null) rows = rows.where('username', '>', page.after)
  return toPage(
    await rows.execute(),
    page,
    ({ username }) => username,
    () => countRows(matching),
  )
}

import type { RequestContext } from '../policy/request-context.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countRows } from '../sql/count-rows.ts'
import { kysely } from '../sql/tables.ts'
import { type GroupRow, selectGroups } from './find-group.ts'

/**
 * The groups of an organization, by name; `search` finds a part of the name. Whether the caller may see them is decided
 * before.
 */
export async function listGroups(
  context: RequestContext,
  organizationId: string,
  page: PageRequest,
  search: string | null | undefined,
): Promise<Page<GroupRow>> {
  const pattern = searchPattern(search)
  let matching = selectGroups(kysely(context.em)).where('organization_id', '=', organizationId)
  if (pattern !== null) matching = matching.where('name', 'ilike', pattern)

  let rows = matching.orderBy('name').limit(page.first + 1)
  if (page.after !== null) rows = rows.where('name', '>', page.after)
  return toPage(
    await rows.execute(),
    page,
    ({ name }) => name,
    () => countRows(matching),
  )
}

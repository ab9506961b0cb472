import { sql } from 'kysely'
import type { Call } from '../call.ts'
import { type Page, type PageRequest, toPage } from '../page.ts'
import { type OrganizationRow, selectOrganizations } from './find-organization.ts'

/** The organizations the caller belongs to or owns through a company, by name; none for who is no person. */
export async function listOrganizations(call: Call, page: PageRequest): Promise<Page<OrganizationRow>> {
  const ids = call.principal.kind === 'SESSION' ? [...call.principal.standings.keys()] : []
  let query = selectOrganizations(call.em)
    .where('id', '=', sql<string>`any(${ids})`)
    .orderBy('name')
    .limit(page.first + 1)
  if (page.after !== null) query = query.where('name', '>', page.after)
  return toPage(
    await query.execute(),
    page,
    ({ name }) => name,
    async () => ids.length,
  )
}

import { sql } from 'kysely'
import { listsEveryRepository } from '../access/policy.ts'
import type { Call } from '../call.ts'
import { type Page, type PageRequest, toPage } from '../page.ts'
import { sqlOf } from '../tables.ts'
import { searchPattern } from '../text.ts'
import { type RepositoryRow, selectRepositories } from './find-repository.ts'

/** The repositories of an organization that the caller may see, by path; `search` finds a part of the path. */
export async function listRepositories(
  call: Call,
  organizationId: string,
  page: PageRequest,
  search: string | null | undefined,
): Promise<Page<RepositoryRow>> {
  const pattern = searchPattern(search)
  const { principal } = call
  let visible = selectRepositories(sqlOf(call.em)).where('r.namespace_id', '=', organizationId)
  if (pattern !== null) visible = visible.where('r.path', 'ilike', pattern)
  if (principal.kind === 'ORGANIZATION_TOKEN' && !listsEveryRepository(principal, organizationId)) {
    const named = principal.scopes.flatMap((scope) => scope.repositoryId ?? [])
    const openToo = principal.scopes.some((scope) => scope.kind === 'PUBLIC_REPOSITORIES')
    visible = visible.where((where) =>
      where.or([
        where('r.id', '=', sql<string>`any(${named})`),
        ...(openToo ? [where('r.visibility', '=', 'PUBLIC' as const)] : []),
      ]),
    )
  } else if (!listsEveryRepository(principal, organizationId)) visible = visible.where('r.visibility', '=', 'PUBLIC')

  let rows = visible.orderBy('r.path').limit(page.first + 1)
  if (page.after !== null) rows = rows.where('r.path', '>', page.after)
  return toPage(
    await rows.execute(),
    page,
    ({ path }) => path,
    async () => {
      const counted = await visible
        .clearSelect()
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(counted.count)
    },
  )
}

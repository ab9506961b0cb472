import { type ExpressionBuilder, sql } from 'kysely'
import { organizationAccessById, type Principal } from '../policy/principal.ts'
import { listsEveryRepository } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { countRows } from '../sql/count-rows.ts'
import { kysely, type Tables } from '../sql/tables.ts'
import { groupMemberId, type RepositoryRow, selectRepositories } from './find-repository.ts'

/** The repositories of an organization that the caller may see, by path; `search` finds a part of the path. */
export async function listRepositories(
  context: RequestContext,
  organizationId: string,
  page: PageRequest,
  search: string | null | undefined,
): Promise<Page<RepositoryRow>> {
  const pattern = searchPattern(search)
  const { principal } = context
  // Groups give an owner nothing that they have not.
  const isOwner = organizationAccessById(principal, organizationId)?.role === 'OWNER'
  const userId = isOwner ? '' : groupMemberId(principal)
  let visible = selectRepositories(kysely(context.em), sql`${userId}`).where('r.namespace_id', '=', organizationId)
  if (pattern !== null) visible = visible.where('r.path', 'ilike', pattern)
  if (!listsEveryRepository(principal, organizationId))
    visible = visible.where((where) =>
      where.or(
        principal.kind === 'ORGANIZATION_TOKEN'
          ? coveredByScopes(where, principal)
          : [isPublic(where), isGivenToGroupOf(userId, organizationId)],
      ),
    )
  if (principal.kind === 'PERSONAL_TOKEN') {
    if (!principal.scopes.some((scope) => scope.kind === 'REACHABLE_REPOSITORIES'))
      visible = visible.where((where) => where.or(coveredByScopes(where, principal)))
    if (principal.token.access === 'PUBLIC_READ') visible = visible.where('r.visibility', '=', 'PUBLIC')
  }

  let rows = visible.orderBy('r.path').limit(page.first + 1)
  if (page.after !== null) rows = rows.where('r.path', '>', page.after)
  return toPage(
    await rows.execute(),
    page,
    ({ path }) => path,
    () => countRows(visible),
  )
}

type Where = ExpressionBuilder<Tables & { r: Tables['repository'] }, 'r'>

function isPublic(where: Where) {
  return where('r.visibility', '=', 'PUBLIC')
}

// The organization stands here by its id, so that PostgreSQL may also begin with the person's groups and find them by an index.
function isGivenToGroupOf(userId: string, organizationId: string) {
  return sql<boolean>`exists (
    select from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = ${organizationId} and g.repository_id = r.id and m.user_id = ${userId}
  )`
}

function coveredByScopes(where: Where, { scopes }: Extract<Principal, { readonly scopes: unknown }>) {
  const named = scopes.flatMap((scope) => scope.repositoryId ?? [])
  const openToo = scopes.some((scope) => scope.kind === 'PUBLIC_REPOSITORIES')
  return [where('r.id', '=', sql<string>`any(${named})`), ...(openToo ? [isPublic(where)] : [])]
}

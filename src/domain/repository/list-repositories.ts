import { organizationAccessById, type Principal } from '../policy/principal.ts'
import { groupMemberId, listsEveryRepository } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { type RepositoryOrder, repositoryKey, repositoryOrder } from './repository-order.ts'
import {
  countRepositories,
  type ListedRepository,
  listRepositoryRows,
  type RepositoryRow,
  type RepositorySelection,
} from './repository-store.ts'

/**
 * The repositories of an organization that the caller can see, by path or in the requested order. `search` finds a part
 * of the path. Throws `Denied` (BAD_USER_INPUT) for the cursor of another list or order.
 */
export async function listRepositories(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  organizationId: string,
  page: PageRequest,
  search: string | null | undefined,
  orderBy: RepositoryOrder | null | undefined,
): Promise<Page<RepositoryRow>> {
  // Owners have every access without groups.
  const isOwner = organizationAccessById(principal, organizationId)?.role === 'OWNER'
  const userId = isOwner ? '' : groupMemberId(principal)
  const selections = visibleTo(principal, organizationId, userId)
  const query = { organizationId, userId, pattern: searchPattern(search), selections }
  const order = repositoryOrder(orderBy)
  return toPage<ListedRepository>(
    await listRepositoryRows(em, query, order, page),
    page,
    (repository) => repositoryKey(order, repository, repository.pushedAt ?? null),
    () => countRepositories(em, query),
  )
}

const publicOnly: RepositorySelection = { ids: [], isPublic: true, groupMemberId: null }

/** As `maySeeRepository`, for all repositories of an organization. A repository has to be in all of the selections. */
function visibleTo(principal: Principal, organizationId: string, userId: string): RepositorySelection[] {
  const selections: RepositorySelection[] = []
  if (!listsEveryRepository(principal, organizationId))
    selections.push(
      principal.kind === 'ORGANIZATION_TOKEN' ? coveredBy(principal) : { ...publicOnly, groupMemberId: userId },
    )
  if (principal.kind !== 'PERSONAL_TOKEN') return selections
  if (!principal.scopes.some((scope) => scope.kind === 'REACHABLE_REPOSITORIES')) selections.push(coveredBy(principal))
  if (principal.token.access === 'PUBLIC_READ') selections.push(publicOnly)
  return selections
}

function coveredBy({ scopes }: Extract<Principal, { readonly scopes: unknown }>): RepositorySelection {
  return {
    ids: scopes.flatMap((scope) => scope.repositoryId ?? []),
    isPublic: scopes.some((scope) => scope.kind === 'PUBLIC_REPOSITORIES'),
    groupMemberId: null,
  }
}

import { maySeeRepository, type RepositoryFacts } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import { throwUnknownRepository } from './find-repository.ts'
import { countTags, listTagRows, type TagRow } from './tag-store.ts'

/**
 * The tags of a repository, latest push first. `search` finds a part of the name. Throws `Denied` (BAD_USER_INPUT) for
 * the cursor of another list, and `InvalidInput` (NOT_FOUND) if the caller cannot see the repository.
 */
export async function listTags(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  repository: RepositoryFacts,
  page: PageRequest,
  search: string | null | undefined,
): Promise<Page<TagRow>> {
  if (!maySeeRepository(principal, repository)) throwUnknownRepository()
  const query = {
    namespaceId: repository.namespaceId,
    repositoryId: repository.id,
    pattern: searchPattern(search),
  }
  const start = page.cursor === null ? null : readKey(page.cursor)
  return toPage(await listTagRows(em, query, page, start), page, tagKey, () => countTags(em, query))
}

/** The sort key of a tag. */
export function tagKey({ pushedAt, name }: TagRow): string {
  return `${Date.parse(pushedAt)}/${name}`
}

function readKey(key: string): { pushedAt: string; name: string } {
  const [, time = '', name = ''] = /^(\d{1,14})\/([\w.-]+)$/.exec(key) ?? []
  if (name === '') throw foreignCursor()
  return { pushedAt: new Date(Number(time)).toISOString(), name }
}

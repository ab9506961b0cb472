import { sql } from 'kysely'
import type { ActivityActor } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { foreignCursor, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { searchPattern } from '../shared/text.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { countRows } from '../sql/count-rows.ts'
import { kysely } from '../sql/tables.ts'

/** A tag as lists need it. */
export interface TagRow {
  readonly name: string
  readonly digest: string
  readonly mediaType: string
  readonly pushedAt: Timestamp
  readonly actorKind: ActivityActor['kind']
  readonly actorId: string | null
  readonly actorName: string
}

/**
 * The tags of a repository, the latest push first; `search` finds a part of the name. Whether the caller may see the repository
 * is decided before. Throws `Denied` (BAD_USER_INPUT) for the cursor of another list.
 */
export async function listTags(
  context: Pick<RequestContext, 'em'>,
  repository: { readonly id: string; readonly namespaceId: string },
  page: PageRequest,
  search: string | null | undefined,
): Promise<Page<TagRow>> {
  const pattern = searchPattern(search)
  let matching = kysely(context.em)
    .selectFrom('repository_tag')
    .select([
      'name',
      'digest',
      'media_type as mediaType',
      'pushed_at as pushedAt',
      'actor_kind as actorKind',
      'actor_id as actorId',
      'actor_name as actorName',
    ])
    .where('namespace_id', '=', repository.namespaceId)
    .where('repository_id', '=', repository.id)
  if (pattern !== null) matching = matching.where('name', 'ilike', pattern)

  let rows = matching
    .orderBy('pushed_at', 'desc')
    .orderBy('name', 'desc')
    .limit(page.first + 1)
  if (page.after !== null) {
    const { pushedAt, name } = readKey(page.after)
    rows = rows.where(sql<boolean>`(pushed_at, name) < (${pushedAt}::timestamptz, ${name})`)
  }
  return toPage(await rows.execute(), page, keyOf, () => countRows(matching))
}

// Tags that were pushed at the same moment follow each other by name.
function keyOf({ pushedAt, name }: TagRow): string {
  return `${Date.parse(pushedAt)}/${name}`
}

function readKey(key: string): { pushedAt: string; name: string } {
  const [, time = '', name = ''] = /^(\d{1,14})\/([\w.-]+)$/.exec(key) ?? []
  if (name === '') throw foreignCursor()
  return { pushedAt: new Date(Number(time)).toISOString(), name }
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { ActivityActor } from '../journal/record-activity.ts'
import type { PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { batch } from '../sql/batch.ts'
import { countRows } from '../sql/count-rows.ts'
import { selectPage } from '../sql/select-page.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
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

/** A list of a repository's tags. */
export interface TagQuery {
  readonly namespaceId: string
  readonly repositoryId: string
  /** A pattern for the name; null: any. */
  readonly pattern: string | null
}

function select(em: EntityManager, { namespaceId, repositoryId, pattern }: TagQuery) {
  const tags = kysely(em)
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
    .where('namespace_id', '=', namespaceId)
    .where('repository_id', '=', repositoryId)
  return pattern === null ? tags : tags.where('name', 'ilike', pattern)
}

/** The tags on a page, latest push first and then by name, and one more if the list continues. */
export function listTagRows(
  em: EntityManager,
  query: TagQuery,
  page: PageRequest,
  start: { readonly pushedAt: string; readonly name: string } | null,
): Promise<TagRow[]> {
  const columns = [sql.ref('pushed_at'), sql.ref('name')]
  const values = start && [sql`${start.pushedAt}::timestamptz`, start.name]
  return selectPage(select(em, query), columns, 'desc', page, values).execute()
}

export function countTags(em: EntityManager, query: TagQuery): Promise<number> {
  return countRows(select(em, query))
}

/** A tag as a push left it. */
export interface PushedTag {
  readonly namespace_id: string
  readonly repository_id: string
  readonly name: string
  readonly digest: string
  readonly media_type: string
  readonly pushed_at: string
  readonly actor_kind: string
  readonly actor_id: string | null
  readonly actor_name: string
}

const upsert = statement((db, value: ValueOf<{ readonly tags: readonly PushedTag[] }>) =>
  sql<never>`
    insert into repository_tag as t
      (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name)
    select u.namespace_id, u.repository_id, u.name, u.digest, u.media_type, u.pushed_at,
      u.actor_kind, u.actor_id, u.actor_name
    from ${batch(value, 'tags', 'u', {
      namespace_id: 'text',
      repository_id: 'text',
      name: 'text',
      digest: 'text',
      media_type: 'text',
      pushed_at: 'timestamptz',
      actor_kind: 'text',
      actor_id: 'text',
      actor_name: 'text',
    })}
    join repository r on r.namespace_id = u.namespace_id and r.id = u.repository_id
    order by u.namespace_id collate "C", u.repository_id collate "C", u.name collate "C"
    on conflict (namespace_id, repository_id, name) do update set
      digest = excluded.digest, media_type = excluded.media_type, pushed_at = excluded.pushed_at,
      actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, actor_name = excluded.actor_name
    where t.pushed_at <= excluded.pushed_at`.compile(db),
)

/** Inserts pushed tags, or moves them unless a later push did. Each tag at most once; rows are locked in key order. */
export async function insertTags(em: EntityManager, tags: readonly PushedTag[]): Promise<void> {
  if (tags.length > 0) await upsert(em, { tags })
}

/** A deleted tag, by its name, or the tags of a deleted manifest, by its digest. */
export interface DeletedTag {
  readonly namespace_id: string
  readonly repository_id: string
  readonly name: string | null
  readonly digest: string | null
  readonly at: string
}

const deleteAll = statement((db, value: ValueOf<{ readonly tags: readonly DeletedTag[] }>) =>
  sql<never>`
    with gone as (
      select t.namespace_id, t.repository_id, t.name
      from ${batch(value, 'tags', 'u', {
        namespace_id: 'text',
        repository_id: 'text',
        name: 'text',
        digest: 'text',
        at: 'timestamptz',
      })}
      join repository_tag t on t.namespace_id = u.namespace_id and t.repository_id = u.repository_id
      where (t.name = u.name or u.name is null and t.digest = u.digest) and t.pushed_at <= u.at
      order by t.namespace_id, t.repository_id, t.name for update of t
    )
    delete from repository_tag t using gone
    where t.namespace_id = gone.namespace_id and t.repository_id = gone.repository_id and t.name = gone.name`.compile(
    db,
  ),
)

/** Deletes tags, unless they were pushed after that moment. */
export async function deleteTags(em: EntityManager, tags: readonly DeletedTag[]): Promise<void> {
  if (tags.length > 0) await deleteAll(em, { tags })
}

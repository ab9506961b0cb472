import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { EventParties } from './find-event-parties.ts'
import type { ImageEvent } from './image-event.ts'

/** An image event of a repository that exists, with whom it concerns. */
interface Known {
  readonly event: ImageEvent
  readonly parties: EventParties & { readonly repositoryId: string }
}

/**
 * Keeps what pushes and deletions make of the tags of repositories, in the transaction that `em` is in. What was pushed later
 * stays, in whatever order the events come. Rows are locked in the order of their keys.
 */
export async function recordTags(
  em: EntityManager,
  events: ReadonlyArray<readonly [ImageEvent, EventParties]>,
): Promise<void> {
  const known = events.flatMap(([event, parties]): Known[] =>
    parties.repositoryId === null ? [] : [{ event, parties: { ...parties, repositoryId: parties.repositoryId } }],
  )
  const pushed = new Map<string, Known>()
  for (const each of known) {
    const { event, parties } = each
    if (event.kind !== 'PUSH' || event.tag === null || event.digest === null) continue
    const key = `${parties.repositoryId} ${event.tag}`
    const earlier = pushed.get(key)
    if (earlier === undefined || earlier.event.at <= event.at) pushed.set(key, each)
  }
  if (pushed.size > 0) await upsertTags(em, [...pushed.values()])
  const deleted = known.filter(({ event }) => event.kind === 'DELETE' && (event.tag ?? event.digest) !== null)
  if (deleted.length > 0) await deleteTags(em, deleted)
}

async function upsertTags(em: EntityManager, pushed: readonly Known[]): Promise<void> {
  const column = (pick: (known: Known) => string | null) => pushed.map(pick)
  await sql`
    insert into repository_tag as t
      (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name)
    select u.* from unnest(
      ${column(({ parties }) => parties.namespaceId)}::text[],
      ${column(({ parties }) => parties.repositoryId)}::text[],
      ${column(({ event }) => event.tag)}::text[],
      ${column(({ event }) => event.digest)}::text[],
      ${column(({ event }) => event.mediaType ?? '')}::text[],
      ${column(({ event }) => event.at.toISOString())}::timestamptz[],
      ${column(({ parties }) => parties.actor.kind)}::text[],
      ${column(({ parties }) => parties.actor.id)}::text[],
      ${column(({ parties }) => parties.actor.name)}::text[]
    ) as u (namespace_id, repository_id, name, digest, media_type, pushed_at, actor_kind, actor_id, actor_name)
    join repository r on r.namespace_id = u.namespace_id and r.id = u.repository_id
    order by u.namespace_id collate "C", u.repository_id collate "C", u.name collate "C"
    on conflict (namespace_id, repository_id, name) do update set
      digest = excluded.digest, media_type = excluded.media_type, pushed_at = excluded.pushed_at,
      actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, actor_name = excluded.actor_name
    where t.pushed_at <= excluded.pushed_at`.execute(em.getKysely())
}

// A registry tells of the deletion of a manifest by its digest, and of that of a tag by its name.
async function deleteTags(em: EntityManager, deleted: readonly Known[]): Promise<void> {
  const column = (pick: (known: Known) => string | null) => deleted.map(pick)
  await sql`
    with gone as (
      select t.namespace_id, t.repository_id, t.name
      from unnest(
        ${column(({ parties }) => parties.namespaceId)}::text[],
        ${column(({ parties }) => parties.repositoryId)}::text[],
        ${column(({ event }) => event.tag)}::text[],
        ${column(({ event }) => event.digest)}::text[],
        ${column(({ event }) => event.at.toISOString())}::timestamptz[]
      ) as u (namespace_id, repository_id, name, digest, at)
      join repository_tag t on t.namespace_id = u.namespace_id and t.repository_id = u.repository_id
      where (t.name = u.name or u.name is null and t.digest = u.digest) and t.pushed_at <= u.at
      order by t.namespace_id, t.repository_id, t.name for update of t
    )
    delete from repository_tag t using gone
    where t.namespace_id = gone.namespace_id and t.repository_id = gone.repository_id and t.name = gone.name`.execute(
    em.getKysely(),
  )
}

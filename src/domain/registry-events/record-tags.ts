import type { EntityManager } from '@mikro-orm/postgresql'
import type { ImageEvent } from '../model/registry-event.ts'
import { deleteTags, insertTags } from '../repository/tag-store.ts'
import type { EventParties } from './find-event-parties.ts'

/** An image event of a repository that exists, with its parties. */
interface Known {
  readonly event: ImageEvent
  readonly parties: EventParties & { readonly repositoryId: string }
}

/**
 * Applies pushes and deletions to the tags of repositories, in the transaction that `em` is in. A later push wins, in
 * whatever order the events come.
 */
export async function recordTags(
  em: EntityManager,
  events: ReadonlyArray<readonly [ImageEvent, EventParties]>,
): Promise<void> {
  const known = events.flatMap(([event, parties]): Known[] =>
    parties.repositoryId === null ? [] : [{ event, parties: { ...parties, repositoryId: parties.repositoryId } }],
  )
  await insertTags(
    em,
    latestPushes(known).flatMap(({ event, parties }) =>
      event.tag === null || event.digest === null
        ? []
        : [
            {
              namespace_id: parties.namespaceId,
              repository_id: parties.repositoryId,
              name: event.tag,
              digest: event.digest,
              media_type: event.mediaType ?? '',
              pushed_at: event.at.toISOString(),
              actor_kind: parties.actor.kind,
              actor_id: parties.actor.id,
              actor_name: parties.actor.name,
            },
          ],
    ),
  )
  // A registry reports the deletion of a manifest with its digest, and that of a tag with its name.
  const deleted = known.filter(({ event }) => event.kind === 'DELETE' && (event.tag ?? event.digest) !== null)
  await deleteTags(
    em,
    deleted.map(({ event, parties }) => ({
      namespace_id: parties.namespaceId,
      repository_id: parties.repositoryId,
      name: event.tag,
      digest: event.digest,
      at: event.at.toISOString(),
    })),
  )
}

/** The latest push to each tag. */
function latestPushes(known: readonly Known[]): Known[] {
  const pushed = new Map<string, Known>()
  for (const each of known) {
    const { event, parties } = each
    if (event.kind !== 'PUSH' || event.tag === null || event.digest === null) continue
    const key = `${parties.repositoryId} ${event.tag}`
    const earlier = pushed.get(key)
    if (earlier === undefined || earlier.event.at <= event.at) pushed.set(key, each)
  }
  return [...pushed.values()]
}

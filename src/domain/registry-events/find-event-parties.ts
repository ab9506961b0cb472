import type { EntityManager } from '@mikro-orm/postgresql'
import type { ActivityActor } from '../journal/record-activity.ts'
import type { ImageEvent } from '../model/registry-event.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { idPrefixOf } from '../shared/id.ts'
import { findPlaces, findSubjects, type Subject } from './registry-event-store.ts'

/** The repository and the actor of an image event. */
export interface EventParties {
  /** The organization or person that owns the repository. */
  readonly namespaceId: string
  /** Null: it has been deleted. */
  readonly repositoryId: string | null
  readonly actor: ActivityActor
  /** The token that was used, if it still exists. */
  readonly token: { readonly id: string; readonly label: string; readonly namespaceId: string } | null
  /** The person who did it, also with a personal token. */
  readonly userId: string | null
}

const nobody = { actor: { kind: 'SYSTEM', id: null, name: 'anonymous' }, token: null, userId: null } as const

/** The parties of each event, in the order of the events. Null: the namespace does not exist. */
export async function findEventParties(
  em: EntityManager,
  events: readonly ImageEvent[],
): Promise<Array<EventParties | null>> {
  const names = events.map(({ repository }) => parseRepositoryName(repository) ?? { namespace: '', path: '' })
  const places = await findPlaces(em, names)
  const ids = [...new Set(events.map(({ subject }) => subject))].filter((id) =>
    ['tok', 'usr'].includes(idPrefixOf(id) ?? ''),
  )
  const subjects = await findSubjects(em, ids)
  const parties: Array<EventParties | null> = events.map(() => null)
  for (const { position, namespaceId, repositoryId } of places) {
    const id = events[position]?.subject ?? ''
    parties[position] = { namespaceId, repositoryId, ...partyOf(id, subjects.get(id)) }
  }
  return parties
}

function partyOf(id: string, found: Subject | undefined): Pick<EventParties, 'actor' | 'token' | 'userId'> {
  if (id === '') return nobody
  // The token has been deleted, or the subject is not one of ours.
  if (found === undefined) return { ...nobody, actor: { kind: 'SYSTEM', id, name: 'unknown' } }
  const { label, namespaceId, name, kind } = found
  if (label === null) return { actor: { kind: 'USER', id, name }, token: null, userId: id }
  return {
    actor: { kind: kind === 'ORGANIZATION' ? 'ORGANIZATION_TOKEN' : 'PERSONAL_TOKEN', id, name },
    token: { id, label, namespaceId },
    userId: kind === 'USER' ? namespaceId : null,
  }
}

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
  /** The organization of the token, or the person. Null: nobody, or unknown. */
  readonly homeId: string | null
  /** Whether an authenticated caller pulled because everybody may, and not as a member or with the owner's token. */
  readonly isVisitor: boolean
}

type Party = Omit<EventParties, 'namespaceId' | 'repositoryId' | 'isVisitor'>

const nobody = {
  actor: { kind: 'SYSTEM', id: null, name: 'anonymous' },
  token: null,
  userId: null,
  homeId: null,
} as const

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
  const namespaceIds = [...new Set(places.map(({ namespaceId }) => namespaceId))]
  const subjects = await findSubjects(em, ids, namespaceIds)
  const parties: Array<EventParties | null> = events.map(() => null)
  for (const { position, namespaceId, repositoryId, visibility } of places) {
    const event = events[position]
    const id = event?.subject ?? ''
    const found = subjects.get(id)
    const party = partyOf(id, found)
    // Only the owner and members are granted pulls of a private repository.
    const isOpen = event?.kind === 'PULL' && visibility !== 'PRIVATE' && id !== ''
    const isOwn = party.homeId === namespaceId || found?.memberOf.includes(namespaceId) === true
    parties[position] = { namespaceId, repositoryId, ...party, isVisitor: isOpen && !isOwn }
  }
  return parties
}

function partyOf(id: string, found: Subject | undefined): Party {
  if (id === '') return nobody
  // The token has been deleted, or the subject is not one of ours.
  if (found === undefined) return { ...nobody, actor: { kind: 'SYSTEM', id, name: 'unknown' } }
  const { label, namespaceId, name, kind } = found
  if (label === null) return { actor: { kind: 'USER', id, name }, token: null, userId: id, homeId: id }
  return {
    actor: { kind: kind === 'ORGANIZATION' ? 'ORGANIZATION_TOKEN' : 'PERSONAL_TOKEN', id, name },
    token: { id, label, namespaceId },
    userId: kind === 'USER' ? namespaceId : null,
    homeId: namespaceId,
  }
}

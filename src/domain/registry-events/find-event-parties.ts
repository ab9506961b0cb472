import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { ActivityActor } from '../journal/record-activity.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { idPrefixOf } from '../shared/id.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { ImageEvent } from './image-event.ts'

/** Who and what an image event is about. */
export interface EventParties {
  /** Whose the repository is. */
  readonly namespaceId: string
  /** Null: it has been deleted. */
  readonly repositoryId: string | null
  readonly actor: ActivityActor
  /** The token that it was done with, if it still exists. */
  readonly token: { readonly id: string; readonly label: string; readonly namespaceId: string } | null
  /** The person who did it, also with a personal token. */
  readonly userId: string | null
}

const selectPlaces = statement((db, value: ValueOf<{ namespaces: readonly string[]; paths: readonly string[] }>) =>
  sql<{ position: number; namespaceId: string; repositoryId: string | null }>`
    select w.position::int - 1 as position, n.id as "namespaceId", r.id as "repositoryId"
    from unnest(${value('namespaces')}::text[], ${value('paths')}::text[])
      with ordinality as w (namespace, path, position)
    join namespace n on n.name = w.namespace
    left join repository r on r.namespace_id = n.id and r.path = w.path`.compile(db),
)

const selectSubjects = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  sql<{ id: string; label: string | null; namespaceId: string; name: string; kind: 'USER' | 'ORGANIZATION' }>`
    select t.id, t.label, n.id as "namespaceId", n.name, n.kind
    from access_token t join namespace n on n.id = t.namespace_id where t.id = any(${value('ids')})
    union all
    select n.id, null, n.id, n.name, n.kind from namespace n where n.id = any(${value('ids')}) and n.kind = 'USER'`.compile(
    db,
  ),
)

const nobody = { actor: { kind: 'SYSTEM', id: null, name: 'anonymous' }, token: null, userId: null } as const

/** The parties of each event, in the order of the events; null for those of a namespace that does not exist. */
export async function findEventParties(
  em: EntityManager,
  events: readonly ImageEvent[],
): Promise<Array<EventParties | null>> {
  const names = events.map(({ repository }) => parseRepositoryName(repository))
  const places = await selectPlaces(em, {
    namespaces: names.map((name) => name?.namespace ?? ''),
    paths: names.map((name) => name?.path ?? ''),
  })
  const ids = [...new Set(events.map(({ subject }) => subject))].filter((id) =>
    ['tok', 'usr'].includes(idPrefixOf(id) ?? ''),
  )
  const subjects = new Map((await selectSubjects(em, { ids })).map((subject) => [subject.id, subject]))
  const parties: Array<EventParties | null> = events.map(() => null)
  for (const { position, namespaceId, repositoryId } of places) {
    const id = events[position]?.subject ?? ''
    parties[position] = { namespaceId, repositoryId, ...subjectOf(id, subjects.get(id)) }
  }
  return parties
}

type Subject = NonNullable<Awaited<ReturnType<typeof selectSubjects>>[number]>

function subjectOf(id: string, found: Subject | undefined): Pick<EventParties, 'actor' | 'token' | 'userId'> {
  if (id === '') return nobody
  // A token that has been deleted in the meantime, or a subject that is none of ours.
  if (found === undefined) return { ...nobody, actor: { kind: 'SYSTEM', id, name: 'unknown' } }
  const { label, namespaceId, name, kind } = found
  if (label === null) return { actor: { kind: 'USER', id, name }, token: null, userId: id }
  return {
    actor: { kind: kind === 'ORGANIZATION' ? 'ORGANIZATION_TOKEN' : 'PERSONAL_TOKEN', id, name },
    token: { id, label, namespaceId },
    userId: kind === 'USER' ? namespaceId : null,
  }
}

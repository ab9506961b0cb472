import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { RegistryEvent } from '../model/registry-event.ts'
import type { RepositoryVisibility } from '../model/repository.ts'
import { daysAfter } from '../shared/duration.ts'
import { leastIdAt } from '../shared/id.ts'
import { batch } from '../sql/batch.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

const insertIds = statement((db, value: ValueOf<{ readonly ids: readonly string[]; readonly at: Date }>) =>
  sql<{ id: string }>`
    insert into registry_event (id, received_at)
    select id, ${value('at')} from unnest(${value('ids')}::text[]) as u (id)
    on conflict (id) do nothing returning id`.compile(db),
)

/**
 * Claims events by their ids. Returns the ids that are new. A concurrent claim of the same waits for the other's end.
 */
export async function insertRegistryEvents(
  em: EntityManager,
  ids: Iterable<string>,
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = await insertIds(em, { ids: [...ids].toSorted(), at: now })
  return new Set(rows.map(({ id }) => id))
}

/** The namespace of a name, and the repository of a path in it. */
export interface Place {
  /** In the list of names, from 0. */
  readonly position: number
  readonly namespaceId: string
  /** Null: there is no such repository. */
  readonly repositoryId: string | null
  readonly visibility: RepositoryVisibility | null
}

interface NameRow {
  readonly namespace: string
  readonly path: string
}

const selectPlaces = statement((db, value: ValueOf<{ names: readonly NameRow[] }>) =>
  sql<Place>`
    select w.position::int - 1 as position, n.id as "namespaceId", r.id as "repositoryId",
      r.visibility
    from ${batch(value, 'names', 'w', { namespace: 'text', path: 'text' })}
    join namespace n on n.name = w.namespace
    left join repository r on r.namespace_id = n.id and r.path = w.path`.compile(db),
)

/** The places of names, without those of namespaces that do not exist. */
export function findPlaces(em: EntityManager, names: readonly NameRow[]): Promise<Place[]> {
  return selectPlaces(em, { names })
}

/** A repository that a push creates. */
export interface PushedRepository {
  readonly id: string
  readonly namespace_id: string
  readonly path: string
  /** The full name, as the activity log has it. */
  readonly name: string
  readonly pushed_at: Date
}

interface PushedRow extends PushedRepository {
  /** Ids of activity events begin with their time, so that the check reads the events since the push only. */
  readonly least_event_id: string
}

// A count, because PostgreSQL would turn `not exists` into a join that reads the whole log of the namespace.
const insertPushed = statement((db, value: ValueOf<{ readonly pushed: readonly PushedRow[] }>) =>
  sql<{ id: string }>`
    insert into repository (namespace_id, id, path, visibility, created_at)
    select u.namespace_id, u.id, u.path, 'PRIVATE', u.pushed_at
    from ${batch(value, 'pushed', 'u', {
      id: 'text',
      namespace_id: 'text',
      path: 'text',
      name: 'text',
      pushed_at: 'timestamptz',
      least_event_id: 'text',
    })}
    where (
      select count(*) from activity_event e
      where e.namespace_id = u.namespace_id and e.id >= u.least_event_id
        and e.action = 'repository.delete' and e.target = u.name
    ) = 0
    order by u.namespace_id collate "C", u.path collate "C"
    on conflict (namespace_id, path) do nothing
    returning id`.compile(db),
)

/**
 * Creates private repositories, except those that exist and those that were deleted after the push. Returns those that
 * were created. Rows are locked in the order of their key, so that instances cannot deadlock.
 */
export async function insertPushedRepositories(
  em: EntityManager,
  pushed: readonly PushedRepository[],
): Promise<PushedRepository[]> {
  const rows = pushed.map((each) => ({ ...each, least_event_id: leastIdAt('evt', each.pushed_at) }))
  const created = new Set((await insertPushed(em, { pushed: rows })).map(({ id }) => id))
  return pushed.filter(({ id }) => created.has(id))
}

/** An access token or a person whose id is the subject of a registry token. */
export interface Subject {
  readonly id: string
  /** Null: it is a person. */
  readonly label: string | null
  readonly namespaceId: string
  readonly name: string
  readonly kind: 'USER' | 'ORGANIZATION'
  /** Those of the given organizations that the person, or the owner of the personal token, is a member of. */
  readonly memberOf: readonly string[]
}

interface SubjectQuery {
  readonly ids: readonly string[]
  readonly organizationIds: readonly string[]
}

const selectSubjects = statement((db, value: ValueOf<SubjectQuery>) => {
  const memberOf = sql`
    array(
      select m.organization_id from membership m
      where m.user_id = n.id and m.organization_id = any(${value('organizationIds')})
    ) as "memberOf"`
  return sql<Subject>`
    select t.id, t.label, n.id as "namespaceId", n.name, n.kind, ${memberOf}
    from access_token t join namespace n on n.id = t.namespace_id where t.id = any(${value('ids')})
    union all
    select n.id, null, n.id, n.name, n.kind, ${memberOf} from namespace n
    where n.id = any(${value('ids')}) and n.kind = 'USER'`.compile(db)
})

/** Those subjects with these ids that still exist, by id. */
export async function findSubjects(
  em: EntityManager,
  ids: readonly string[],
  organizationIds: readonly string[],
): Promise<ReadonlyMap<string, Subject>> {
  return new Map((await selectSubjects(em, { ids, organizationIds })).map((subject) => [subject.id, subject]))
}

// A registry repeats an event until it gets a 2xx, or is restarted.
const keptDays = 30

/** Deletes the ids of events that no registry repeats any more. */
export async function pruneRegistryEvents(em: EntityManager, now: Date): Promise<void> {
  await em.nativeDelete(RegistryEvent, { receivedAt: { $lt: daysAfter(now, -keptDays) } })
}

import type { EntityManager } from '@mikro-orm/postgresql'
import { type ExpressionBuilder, type Kysely, type RawBuilder, sql } from 'kysely'
import type { RepositoryAccess } from '../model/group.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import type { RepositoryFacts } from '../policy/repository-policy.ts'
import type { PageRequest } from '../shared/page.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { batch } from '../sql/batch.ts'
import { countRows } from '../sql/count-rows.ts'
import { selectPage } from '../sql/select-page.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'
import { type RepositoryOrder, readRepositoryCursor } from './repository-order.ts'

/** A repository as lists and the policy need it. */
export interface RepositoryRow extends RepositoryFacts {
  /** The full name, for example `acme/api`. */
  readonly name: string
  readonly path: string
  readonly namespaceKind: 'USER' | 'ORGANIZATION'
  readonly description: string | null
  readonly createdAt: string
}

/**
 * The highest access that groups give a person on the repository `r`. `userId` is empty if the caller is not a person.
 */
function groupAccessOf(userId: RawBuilder<string>) {
  return sql<RepositoryAccess | null>`case when ${userId} <> '' then (
    select g.access from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = ${userId}
    order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1
  ) end`
}

/** Repositories as `RepositoryRow`s, with the group access of the person with this id; see `groupMemberId`. */
export function selectRepositories(db: Kysely<Tables>, userId: RawBuilder<string>) {
  return db
    .selectFrom('repository as r')
    .innerJoin('namespace as n', 'n.id', 'r.namespace_id')
    .select([
      'r.id',
      'r.namespace_id as namespaceId',
      'n.kind as namespaceKind',
      'r.path',
      sql<string>`n.name || '/' || r.path`.as('name'),
      'r.description',
      'r.visibility',
      'r.created_at as createdAt',
      groupAccessOf(userId).as('groupAccess'),
    ])
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[]; userId: string }>) =>
  selectRepositories(db, value('userId')).where('r.id', '=', sql<string>`any(${value('ids')})`),
)

/** The repositories with these ids, in no order, for any caller. `userId` is as in `NamedRepository`. */
export function findRepositoryRows(
  em: EntityManager,
  ids: readonly string[],
  userId: string,
): Promise<RepositoryRow[]> {
  return selectByIds(em, { ids, userId })
}

/** A repository that a caller requests by its full name. */
export interface NamedRepository {
  readonly name: string
  /** The person whose groups count, as `groupMemberId` returns it. */
  readonly userId: string
}

interface WantedRow {
  readonly namespace: string
  readonly path: string
  readonly user_id: string
}

const selectByNames = statement((db, value: ValueOf<{ wanted: readonly WantedRow[] }>) =>
  selectRepositories(db, sql.ref<string>('w.user_id'))
    .innerJoin(batch(value, 'wanted', 'w', { namespace: 'text', path: 'text', user_id: 'text' }), (join) =>
      join.onRef('w.namespace', '=', 'n.name').onRef('w.path', '=', 'r.path'),
    )
    .select(sql<number>`w.position::int - 1`.as('position')),
)

/**
 * Repositories by their names, in the order of the names, for any caller. Null: there is no such repository. One
 * statement.
 */
export async function findRepositoriesByName(
  em: EntityManager,
  wanted: readonly NamedRepository[],
): Promise<Array<RepositoryRow | null>> {
  const parsed = wanted.flatMap(({ name, userId }, index) => {
    const parts = parseRepositoryName(name)
    return parts === null ? [] : [{ ...parts, user_id: userId, index }]
  })
  const found: Array<RepositoryRow | null> = wanted.map(() => null)
  if (parsed.length === 0) return found
  const rows = await selectByNames(em, { wanted: parsed })
  for (const { position, ...repository } of rows) found[parsed[position]?.index ?? -1] = repository
  return found
}

/** What repositories a list contains: those that match any of the parts. */
export interface RepositorySelection {
  readonly ids: readonly string[]
  readonly isPublic: boolean
  /** Repositories that a group of this person can access. Null: groups do not count. */
  readonly groupMemberId: string | null
}

/** A list of an organization's repositories. */
export interface RepositoryQuery {
  readonly organizationId: string
  /** The person whose groups count, as `groupMemberId` returns it. */
  readonly userId: string
  /** A pattern for the path; null: any. */
  readonly pattern: string | null
  /** Repositories have to be in all of these. */
  readonly selections: readonly RepositorySelection[]
}

function select(em: EntityManager, { organizationId, userId, pattern, selections }: RepositoryQuery) {
  let query = selectRepositories(kysely(em), sql`${userId}`).where('r.namespace_id', '=', organizationId)
  if (pattern !== null) query = query.where('r.path', 'ilike', pattern)
  for (const selection of selections) query = query.where((where) => isSelected(where, organizationId, selection))
  return query
}

function isSelected(
  where: ExpressionBuilder<Tables & { r: Tables['repository'] }, 'r'>,
  organizationId: string,
  { ids, isPublic, groupMemberId }: RepositorySelection,
) {
  return where.or([
    ...(ids.length > 0 ? [where('r.id', '=', sql<string>`any(${ids})`)] : []),
    ...(isPublic ? [where('r.visibility', '=', 'PUBLIC')] : []),
    ...(groupMemberId === null ? [] : [isInGroupOf(groupMemberId, organizationId)]),
  ])
}

// With the organization's id, PostgreSQL can also begin with the person's groups, by an index.
function isInGroupOf(userId: string, organizationId: string) {
  return sql<boolean>`exists (
    select from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = ${organizationId} and g.repository_id = r.id and m.user_id = ${userId}
  )`
}

/** A repository of a list, with the time of the last push if the list is sorted by it. */
export interface ListedRepository extends RepositoryRow {
  readonly pushedAt?: Timestamp | null
}

/** The repositories on a page, by path if there is no other order, and one more if the list continues. */
export async function listRepositoryRows(
  em: EntityManager,
  query: RepositoryQuery,
  order: RepositoryOrder | null,
  page: PageRequest,
): Promise<ListedRepository[]> {
  const start = readRepositoryCursor(order, page)
  const direction = order?.direction === 'DESC' ? 'desc' : 'asc'
  if (order?.field !== 'PUSHED_AT')
    return selectPage(select(em, query), [sql.ref('r.path')], direction, page, start && [start.value]).execute()
  // With `offset`, PostgreSQL looks the last push up once for each repository, before it sorts.
  const pushed = kysely(em)
    .selectFrom(select(em, query).select(lastPush.as('pushedAt')).offset(0).as('s'))
    .selectAll()
  const never = sql`'-infinity'::timestamptz`
  const columns = [sql`coalesce(s."pushedAt", ${never})`, sql.ref('s.id')]
  return selectPage(pushed, columns, direction, page, start && [start.value || never, start.id]).execute()
}

const lastPush = sql<Timestamp | null>`(
  select max(t.pushed_at) from repository_tag t where t.namespace_id = r.namespace_id and t.repository_id = r.id
)`

export function countRepositories(em: EntityManager, query: RepositoryQuery): Promise<number> {
  return countRows(select(em, query))
}

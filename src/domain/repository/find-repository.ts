import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { RepositoryAccess } from '../model/group.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { type Principal, personBehind } from '../policy/principal.ts'
import { maySeeRepository, type RepositoryFacts } from '../policy/repository-policy.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** A repository as lists, answers and the policy need it. */
export interface RepositoryRow extends RepositoryFacts {
  /** The full name, for example `acme/api`. */
  readonly name: string
  readonly path: string
  readonly namespaceKind: 'USER' | 'ORGANIZATION'
  readonly description: string | null
  readonly createdAt: string
}

/** The most that a group gives a person on the repository `r`; `userId` is the person, and empty for who is none. */
function groupAccessOf(userId: RawBuilder<string>) {
  return sql<RepositoryAccess | null>`case when ${userId} <> '' then (
    select g.access from group_repository g
    join group_membership m on m.organization_id = g.organization_id and m.group_id = g.group_id
    where g.organization_id = r.namespace_id and g.repository_id = r.id and m.user_id = ${userId}
    order by array_position(array['ADMIN', 'WRITE', 'READ'], g.access) limit 1
  ) end`
}

/** Repositories as `RepositoryRow`s, to a person, or to who is none with an empty id. */
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

/** Whose groups count when a principal asks: an id for `selectRepositories`. */
export function groupMemberId(principal: Principal): string {
  return personBehind(principal)?.user.id ?? ''
}

/** The repository of that full name, when the principal may see it; else null, whether it exists or not. */
export async function findRepository(
  em: EntityManager,
  principal: Principal,
  name: string,
): Promise<RepositoryRow | null> {
  const [repository = null] = await findRepositoriesByName(em, [{ name, userId: groupMemberId(principal) }])
  return repository !== null && maySeeRepository(principal, repository) ? repository : null
}

const selectById = statement((db, value: ValueOf<{ id: string; userId: string }>) =>
  selectRepositories(db, value('userId')).where('r.id', '=', value('id')),
)

/** The repository of that id, when the principal may see it; else null, whether it exists or not. */
export async function findRepositoryById(
  em: EntityManager,
  principal: Principal,
  id: string,
): Promise<RepositoryRow | null> {
  const [repository] = await selectById(em, { id, userId: groupMemberId(principal) })
  return repository !== undefined && maySeeRepository(principal, repository) ? repository : null
}

/** A repository that somebody asks for by its full name, and who does, as `groupMemberId` has it. */
export interface NamedRepository {
  readonly name: string
  readonly userId: string
}

const selectByNames = statement(
  (db, value: ValueOf<{ namespaces: readonly string[]; paths: readonly string[]; userIds: readonly string[] }>) =>
    selectRepositories(db, sql.ref<string>('w.user_id'))
      .innerJoin(
        sql<{ namespace: string; path: string; user_id: string; position: number }>`unnest(
          ${value('namespaces')}::text[], ${value('paths')}::text[], ${value('userIds')}::text[]
        ) with ordinality`.as<'w'>(sql`w (namespace, path, user_id, position)`),
        (join) => join.onRef('w.namespace', '=', 'n.name').onRef('w.path', '=', 'r.path'),
      )
      .select(sql<number>`w.position::int - 1`.as('position')),
)

/** The repositories that are asked for, whoever asks; null for those that do not exist. One statement, whatever their number. */
export async function findRepositoriesByName(
  em: EntityManager,
  wanted: readonly NamedRepository[],
): Promise<Array<RepositoryRow | null>> {
  const parsed = wanted.flatMap(({ name, userId }, index) => {
    const parts = parseRepositoryName(name)
    return parts === null ? [] : [{ ...parts, userId, index }]
  })
  const found: Array<RepositoryRow | null> = wanted.map(() => null)
  if (parsed.length === 0) return found
  const rows = await selectByNames(em, {
    namespaces: parsed.map(({ namespace }) => namespace),
    paths: parsed.map(({ path }) => path),
    userIds: parsed.map(({ userId }) => userId),
  })
  for (const { position, ...repository } of rows) found[parsed[position]?.index ?? -1] = repository
  return found
}

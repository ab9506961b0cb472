import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { maySeeRepository, type RepositoryFacts } from '../access/policy.ts'
import type { Principal } from '../access/principal.ts'
import { statement, type ValueOf } from '../statement.ts'
import type { Tables } from '../tables.ts'
import { parseRepositoryName } from './repository-name.ts'

/** A repository as lists, answers and the policy need it. */
export interface RepositoryRow extends RepositoryFacts {
  /** The full name, for example `acme/api`. */
  readonly name: string
  readonly path: string
  readonly namespaceKind: 'USER' | 'ORGANIZATION'
  readonly description: string | null
  readonly createdAt: string
}

/** Repositories as `RepositoryRow`s. */
export function selectRepositories(db: Kysely<Tables>) {
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
    ])
}

/** The repository of that full name, when the principal may see it; else null, whether it exists or not. */
export async function findRepository(
  em: EntityManager,
  principal: Principal,
  name: string,
): Promise<RepositoryRow | null> {
  const [repository] = await findRepositoriesByName(em, [name])
  return repository !== undefined && maySeeRepository(principal, repository) ? repository : null
}

const selectById = statement((db, value: ValueOf<{ id: string }>) =>
  selectRepositories(db).where('r.id', '=', value('id')),
)

/** The repository of that id, when the principal may see it; else null, whether it exists or not. */
export async function findRepositoryById(
  em: EntityManager,
  principal: Principal,
  id: string,
): Promise<RepositoryRow | null> {
  const [repository] = await selectById(em, { id })
  return repository !== undefined && maySeeRepository(principal, repository) ? repository : null
}

const selectByNames = statement((db, value: ValueOf<{ namespaces: readonly string[]; paths: readonly string[] }>) =>
  selectRepositories(db).where(
    sql<boolean>`(n.name, r.path) in (select * from unnest(${value('namespaces')}::text[], ${value('paths')}::text[]))`,
  ),
)

/** Those of the named repositories that exist, whoever asks. One statement, whatever their number. */
export async function findRepositoriesByName(em: EntityManager, names: readonly string[]): Promise<RepositoryRow[]> {
  const parsed = names.map(parseRepositoryName).filter((name) => name !== null)
  if (parsed.length === 0) return []
  const namespaces = parsed.map(({ namespace }) => namespace)
  const paths = parsed.map(({ path }) => path)
  return selectByNames(em, { namespaces, paths })
}

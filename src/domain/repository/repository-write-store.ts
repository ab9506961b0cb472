import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { Repository, type RepositoryVisibility } from '../model/repository.ts'
import { kysely } from '../sql/tables.ts'

/** Locks a repository until the transaction ends, against new scopes too. Returns whether it still exists. */
export async function lockRepository(em: EntityManager, id: string): Promise<boolean> {
  const locked = await kysely(em).selectFrom('repository').select('id').where('id', '=', id).forUpdate().execute()
  return locked.length > 0
}

/** Keeps repositories from being deleted until the transaction ends. Returns the ids of those that still exist. */
export async function lockRepositories(em: EntityManager, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await kysely(em)
    .selectFrom('repository')
    .select('id')
    .where('id', '=', sql<string>`any(${ids})`)
    .orderBy('id')
    .forKeyShare()
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** As `lockRepositories`, by their paths in a namespace. Returns ids by path. */
export async function lockRepositoriesByPath(
  em: EntityManager,
  namespaceId: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map()
  const rows = await kysely(em)
    .selectFrom('repository')
    .select(['id', 'path'])
    .where('namespace_id', '=', namespaceId)
    .where('path', '=', sql<string>`any(${paths})`)
    .orderBy('id')
    .forKeyShare()
    .execute()
  return new Map(rows.map(({ id, path }) => [path, id]))
}

/** Changes what is given, and nothing that another transaction may have changed. Returns whether it still exists. */
export async function updateRepositoryRow(
  em: EntityManager,
  id: string,
  changes: { readonly description?: string | null; readonly visibility?: RepositoryVisibility },
): Promise<boolean> {
  return (await em.nativeUpdate(Repository, { id }, changes)) > 0
}

/** A token that loses the scope of a repository. */
export interface TokenOfScope {
  readonly id: string
  readonly label: string
  readonly namespaceId: string
}

/** Deletes a repository, which has to be locked, and the scopes that name it. Returns their tokens. */
export async function deleteRepositoryRow(
  em: EntityManager,
  { id, namespaceId }: { readonly id: string; readonly namespaceId: string },
): Promise<TokenOfScope[]> {
  const tokens = await kysely(em)
    .deleteFrom('access_token_scope as s')
    .using('access_token as t')
    .whereRef('t.namespace_id', '=', 's.namespace_id')
    .whereRef('t.id', '=', 's.token_id')
    .where('s.repository_namespace_id', '=', namespaceId)
    .where('s.repository_id', '=', id)
    .returning(['t.id', 't.label', 't.namespace_id as namespaceId'])
    .execute()
  await em.nativeDelete(Repository, { id })
  return tokens
}

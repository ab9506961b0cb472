import { Namespace } from '../model/namespace.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { namespaceIdOf } from '../policy/principal.ts'
import { groupMemberId, mayCreateRepositoryByPush } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { insertRepository } from './create-repository.ts'
import { findRepositoriesByName, type RepositoryRow } from './repository-store.ts'

/** Creates a private repository for a first push. Null if the name is invalid, or the principal may not create it. */
export async function createRepositoryByPush(context: RequestContext, name: string): Promise<RepositoryRow | null> {
  const { principal } = context
  const parsed = parseRepositoryName(name)
  // Other people's pushes to repositories that do not exist cost no statement.
  if (parsed === null || namespaceIdOf(principal, parsed.namespace) === null) return null
  const em = context.em.fork()
  const namespace = await em.findOne(Namespace, { name: parsed.namespace })
  if (namespace === null || !mayCreateRepositoryByPush(principal, namespace.id)) return null
  const repository = { namespace, path: parsed.path, description: null, visibility: 'PRIVATE' } as const
  const created = await insertRepository({ ...context, em }, repository)
  if (created !== null) return created
  // A concurrent push has created it.
  const [found = null] = await findRepositoriesByName(context.em, [{ name, userId: groupMemberId(principal) }])
  return found
}

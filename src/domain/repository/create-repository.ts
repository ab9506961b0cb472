import { recordActivity } from '../journal/record-activity.ts'
import { Namespace } from '../model/namespace.ts'
import { Repository, type RepositoryVisibility } from '../model/repository.ts'
import { repositoryNameInput } from '../model/repository-name.ts'
import { maySeeOrganization } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import { mayCreateRepository } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireActor } from '../policy/require.ts'
import { Denied, throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseInput } from '../shared/input.ts'
import { nullableText } from '../shared/text.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import type { RepositoryRow } from './repository-store.ts'

export interface CreateRepositoryInput {
  readonly name: string
  readonly description?: string | null | undefined
  readonly visibility: RepositoryVisibility
}

export const repositoryDescriptionInput = nullableText({ name: 'description', minLength: 0, maxLength: 1000 })

const shape = { name: repositoryNameInput, description: repositoryDescriptionInput.default(null) }

/**
 * Creates a repository: in an organization, as its owner or editor, or with a token of it that has REPOSITORY_CREATE;
 * in one's own namespace, as that person. The token does not see the repository because of this.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (INVALID, NOT_FOUND, TAKEN).
 */
export async function createRepository(context: RequestContext, input: CreateRepositoryInput): Promise<RepositoryRow> {
  requireActor(context.principal)
  const { name, description } = parseInput(shape, input)
  const namespace = await requireNamespace(context, name.namespace)
  const { visibility } = input
  const created = await insertRepository(context, { namespace, path: name.path, description, visibility })
  return (
    created ??
    throwInvalid('TAKEN', ['input', 'name'], `There is a repository ${input.name} already. Choose another name.`)
  )
}

/**
 * The namespace with that name, in which the caller creates repositories. Throws `Denied` (FORBIDDEN) and
 * `InvalidInput` (NOT_FOUND, whether it does not exist or the caller cannot see it).
 */
export async function requireNamespace({ em, principal }: RequestContext, name: string): Promise<Namespace> {
  const namespace = await em.findOne(Namespace, { name })
  if (namespace === null || !mayKnowNamespace(principal, namespace))
    throwInvalid('NOT_FOUND', ['input', 'name'], `There is no namespace ${name} that you can see. Check the name.`)
  if (!mayCreateRepository(principal, namespace.id)) throw mayNotCreate(principal, name)
  return namespace
}

function mayNotCreate({ kind }: Principal, namespace: string): Denied {
  return new Denied(
    'FORBIDDEN',
    kind === 'ORGANIZATION_TOKEN'
      ? `This takes the permission REPOSITORY_CREATE on ${namespace}. Ask an owner.`
      : `Only owners and editors of ${namespace} create repositories. Ask one of them.`,
  )
}

function mayKnowNamespace(principal: Principal, namespace: Namespace): boolean {
  if (namespace.kind === 'ORGANIZATION') return maySeeOrganization(principal, namespace.id)
  return actingPerson(principal)?.user.id === namespace.id
}

interface NewRepository {
  readonly namespace: Namespace
  readonly path: string
  readonly description: string | null
  readonly visibility: RepositoryVisibility
}

/** Writes a repository and its event. Null: there is one of this name. */
async function insertRepository(
  context: RequestContext,
  { namespace, path, description, visibility }: NewRepository,
): Promise<RepositoryRow | null> {
  const name = `${namespace.name}/${path}`
  const id = newId('rep', context.now)
  try {
    await context.em.transactional(async (em) => {
      em.create(Repository, { id, namespace: namespace.id, path, description, visibility, createdAt: context.now })
      recordActivity(context, em, {
        namespaceId: namespace.id,
        action: 'repository.create',
        target: name,
        data: { visibility },
      })
    })
  } catch (error) {
    if (isUniqueViolation(error, 'repository')) return null
    throw error
  }
  return {
    id,
    namespaceId: namespace.id,
    namespaceKind: namespace.kind,
    name,
    path,
    description,
    visibility,
    createdAt: context.now.toISOString(),
    groupAccess: null,
  }
}

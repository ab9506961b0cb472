import { recordActivity } from '../journal/record-activity.ts'
import { Namespace } from '../model/namespace.ts'
import { Repository, type RepositoryVisibility } from '../model/repository.ts'
import { parseRepositoryName, repositoryNameRule } from '../model/repository-name.ts'
import { maySeeOrganization } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import { mayCreateRepository } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requireActor } from '../policy/require.ts'
import { Denied, InputErrors, throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseOptionalText } from '../shared/text.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import type { RepositoryRow } from './find-repository.ts'

export interface CreateRepositoryInput {
  readonly name: string
  readonly description?: string | null | undefined
  readonly visibility: RepositoryVisibility
}

/** What a repository's description may be. */
export const repositoryDescriptionRule = { name: 'description', minLength: 0, maxLength: 1000 }

/**
 * Makes a repository: in an organization, as its owner or editor, or with a token of it that has REPOSITORY_CREATE; in
 * one's own namespace, as that person. A token does not see by this what it has made.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (INVALID, NOT_FOUND, TAKEN).
 */
export async function createRepository(context: RequestContext, input: CreateRepositoryInput): Promise<RepositoryRow> {
  requireActor(context.principal)
  const path = ['input', 'name']
  const errors = new InputErrors()
  const name = parseRepositoryName(input.name)
  if (name === null) errors.add('INVALID', path, repositoryNameRule)
  const description = parseOptionalText(input.description, repositoryDescriptionRule, ['input', 'description'], errors)
  errors.throwIfAny()
  if (name === null) throw new TypeError('a fault was found, and not refused')

  const namespace = await context.em.findOne(Namespace, { name: name.namespace })
  if (namespace === null || !mayKnowNamespace(context.principal, namespace))
    throwInvalid('NOT_FOUND', path, `There is no namespace ${name.namespace} that you can see. Check the name.`)
  if (!mayCreateRepository(context.principal, namespace.id)) throw mayNotCreate(context.principal, name.namespace)
  return insertRepository(context, { namespace, path: name.path, description, visibility: input.visibility })
}

function mayNotCreate({ kind }: Principal, namespace: string): Denied {
  return new Denied(
    'FORBIDDEN',
    kind === 'ORGANIZATION_TOKEN'
      ? `This takes the permission REPOSITORY_CREATE on ${namespace}. Ask an owner.`
      : `Only owners and editors of ${namespace} make repositories. Ask one of them.`,
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

/** Writes the repository and its event; whether the caller may is decided before. Throws `InvalidInput` (TAKEN). */
export async function insertRepository(context: RequestContext, repository: NewRepository): Promise<RepositoryRow> {
  const { namespace, path, description, visibility } = repository
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
    if (!isUniqueViolation(error, 'repository')) throw error
    throwInvalid('TAKEN', ['input', 'name'], `There is a repository ${name} already. Choose another name.`)
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

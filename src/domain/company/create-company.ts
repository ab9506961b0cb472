import type { EntityManager } from '@mikro-orm/postgresql'
import { findUsersByName, type UserRow } from '../account/user-store.ts'
import { type Activity, recordActivities } from '../journal/record-activity.ts'
import { Company, CompanyOwner } from '../model/company.ts'
import { checkNamespaceName } from '../model/namespace.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { Denied, InputErrors, throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import type { CompanyRow } from './find-company.ts'

export interface CreateCompanyInput {
  /** As a person's or an organization's, but unique among companies only: nothing lives under it. */
  readonly name: string
  /** Usernames, at least one. */
  readonly owners: readonly string[]
}

const maxOwners = 100

/**
 * Makes a company, without organizations. For administrators of the installation.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (INVALID, TAKEN, NOT_FOUND).
 */
export async function createCompany(context: RequestContext, input: CreateCompanyInput): Promise<CompanyRow> {
  const { user } = requirePerson(context.principal)
  if (!isAdministrator(context.principal))
    throw new Denied('FORBIDDEN', 'Only administrators of this installation may make a company. Ask one of them.')
  const errors = new InputErrors()
  checkNamespaceName(input.name, ['input', 'name'], errors)
  const owners = await findOwners(context.em, input.owners, errors)
  errors.throwIfAny()

  const company = { id: newId('com', context.now), name: input.name }
  try {
    await context.em.transactional(async (em) => {
      await em.insert(Company, { ...company, createdAt: context.now })
      for (const owner of owners) em.create(CompanyOwner, { company: company.id, user: owner.id })
      const made: Activity = {
        namespaceId: user.id,
        action: 'company.create',
        target: company.name,
        data: { owners: owners.map(({ username }) => username).join(' ') },
      }
      // Whoever makes a company for themself finds that in its making.
      const others = owners.filter(({ id }) => id !== user.id)
      const added = others.map(({ id, username }): Activity => {
        return { namespaceId: id, action: 'company.owner_add', target: username, data: { company: company.name } }
      })
      recordActivities(context, em, [made, ...added])
    })
    return { ...company, isOwned: owners.some(({ id }) => id === user.id) }
  } catch (error) {
    if (!isUniqueViolation(error, 'company')) throw error
    throwInvalid('TAKEN', ['input', 'name'], 'Another company has this name. Choose another.')
  }
}

/** The people of these usernames, each once, in the order given; adds a fault for each that is nobody. */
async function findOwners(em: EntityManager, usernames: readonly string[], errors: InputErrors): Promise<UserRow[]> {
  const path = ['input', 'owners']
  if (usernames.length === 0 || usernames.length > maxOwners) {
    errors.add('INVALID', path, `Name 1 to ${maxOwners} owners by their usernames; more can be added later.`)
    return []
  }
  const found = new Map((await findUsersByName(em, usernames)).map((owner) => [owner.username, owner]))
  for (const [index, username] of usernames.entries())
    if (!found.has(username)) errors.add('NOT_FOUND', [...path, String(index)], noSuchPerson)
  return [...new Set(usernames)].flatMap((username) => found.get(username) ?? [])
}

/** What is said of a username that nobody has. */
export const noSuchPerson = 'There is no person of this username. Check the name.'

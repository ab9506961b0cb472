import type { EntityManager } from '@mikro-orm/postgresql'
import { findUsersByName, type UserRow } from '../account/user-store.ts'
import { type Activity, recordActivities } from '../journal/record-activity.ts'
import { Company, CompanyOwner } from '../model/company.ts'
import { namespaceNameInput } from '../model/namespace.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { Denied, throwInvalid, type UserError } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { checkInput, requireValid } from '../shared/input.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import type { CompanyRow } from './company-store.ts'

export interface CreateCompanyInput {
  /** As the name of a person or organization, but unique among companies only, because nothing is under it. */
  readonly name: string
  /** Usernames, at least one. */
  readonly owners: readonly string[]
}

const maxOwners = 100

/**
 * Creates a company without organizations. For administrators of the installation.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (INVALID, TAKEN, NOT_FOUND).
 */
export async function createCompany(context: RequestContext, input: CreateCompanyInput): Promise<CompanyRow> {
  const { user } = requirePerson(context.principal)
  if (!isAdministrator(context.principal))
    throw new Denied('FORBIDDEN', 'Only administrators of this installation may create a company. Ask one of them.')
  const { owners, errors } = await findOwners(context.em, input.owners)
  const { name } = requireValid(checkInput({ name: namespaceNameInput }, input), errors)

  const company = { id: newId('com', context.now), name }
  try {
    await context.em.transactional(async (em) => {
      await em.insert(Company, { ...company, createdAt: context.now })
      for (const owner of owners) em.create(CompanyOwner, { company: company.id, user: owner.id })
      const created: Activity = {
        namespaceId: user.id,
        action: 'company.create',
        target: company.name,
        data: { owners: owners.map(({ username }) => username).join(' ') },
      }
      // For an administrator among the owners, the event of the creation is enough.
      const others = owners.filter(({ id }) => id !== user.id)
      const added = others.map(({ id, username }): Activity => {
        return { namespaceId: id, action: 'company.owner_add', target: username, data: { company: company.name } }
      })
      recordActivities(context, em, [created, ...added])
    })
    return { ...company, isOwned: owners.some(({ id }) => id === user.id) }
  } catch (error) {
    if (!isUniqueViolation(error, 'company')) throw error
    throwInvalid('TAKEN', ['input', 'name'], 'Another company has this name. Choose another.')
  }
}

/** The people with these usernames, each once, in the order given, and an error for each unknown username. */
async function findOwners(
  em: EntityManager,
  usernames: readonly string[],
): Promise<{ readonly owners: readonly UserRow[]; readonly errors: readonly UserError[] }> {
  const path = ['input', 'owners']
  if (usernames.length === 0 || usernames.length > maxOwners) {
    const message = `Name 1 to ${maxOwners} owners by their usernames; more can be added later.`
    return { owners: [], errors: [{ code: 'INVALID', path, message }] }
  }
  const found = new Map((await findUsersByName(em, usernames)).map((owner) => [owner.username, owner]))
  const errors = usernames.flatMap((username, index): UserError[] =>
    found.has(username) ? [] : [{ code: 'NOT_FOUND', path: [...path, String(index)], message: noSuchPerson }],
  )
  return { owners: [...new Set(usernames)].flatMap((username) => found.get(username) ?? []), errors }
}

export const noSuchPerson = 'There is no person of this username. Check the name.'

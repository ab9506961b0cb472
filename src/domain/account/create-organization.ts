import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import { newDisplayNameInput } from '../model/display-name.ts'
import { Namespace, namespaceNameInput } from '../model/namespace.ts'
import { Organization, type OrganizationRow } from '../model/organization.ts'
import type { Plan } from '../model/plan.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { Person } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { throwInvalid, type UserError } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { checkInput, requireValid } from '../shared/input.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { insertMembership } from './membership-store.ts'

export interface CreateOrganizationInput {
  readonly name: string
  /** Null or blank means the name. */
  readonly displayName?: string | null | undefined
  readonly plan?: Plan | null | undefined
}

// Every request of a person loads all of their organizations, so thousands of them would slow down everybody.
export const maxOwnedOrganizations = 100

/**
 * Creates an organization that the caller owns. Only administrators choose the plan.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token) and `InvalidInput` (INVALID, TAKEN).
 */
export async function createOrganization(
  context: RequestContext,
  input: CreateOrganizationInput,
): Promise<OrganizationRow> {
  const person = requirePerson(context.principal)
  const plan = input.plan ?? context.settings.defaultPlan
  const { name, displayName } = requireValid(
    checkInput({ name: namespaceNameInput, displayName: newDisplayNameInput }, input),
    isAdministrator(person) ? [] : limitErrors(person, plan !== context.settings.defaultPlan),
  )

  const organization: OrganizationRow = {
    id: newId('org', context.now),
    name,
    displayName: displayName ?? name,
    plan,
    companyId: null,
    createdAt: context.now.toISOString(),
    maxTokenLifetimeDays: null,
    allowTokenReactivation: false,
    allowTokenSelfRotation: false,
    ssoEnforced: false,
    emailNotices: true,
  }
  try {
    await context.em.transactional((em) => insertOrganization(context, em, organization, person))
    return organization
  } catch (error) {
    if (!isUniqueViolation(error, 'namespace')) throw error
    throwInvalid('TAKEN', ['input', 'name'], 'This name is in use by a person or an organization. Choose another.')
  }
}

/** The errors of an input that only administrators may send. */
function limitErrors({ organizationAccess }: Person, choosesPlan: boolean): UserError[] {
  const errors: UserError[] = []
  const owned = [...organizationAccess.values()].filter(({ role }) => role === 'OWNER').length
  if (owned >= maxOwnedOrganizations)
    errors.push({
      code: 'INVALID',
      path: ['input'],
      message:
        `You own ${owned} organizations, and a person can create no more than ${maxOwnedOrganizations}. ` +
        'Ask an administrator to create it.',
    })
  if (choosesPlan)
    errors.push({
      code: 'INVALID',
      path: ['input', 'plan'],
      message: 'Only administrators choose a plan. Leave it out, and ask one to change it.',
    })
  return errors
}

async function insertOrganization(
  context: RequestContext,
  em: EntityManager,
  { companyId: company, ...organization }: OrganizationRow,
  { user }: Person,
): Promise<void> {
  const { id, name, plan } = organization
  await em.insert(Namespace, { id, name, kind: 'ORGANIZATION' })
  em.create(Organization, { ...organization, company, createdAt: context.now })
  await em.flush()
  await insertMembership(em, { organizationId: id, userId: user.id, role: 'OWNER', joinedAt: context.now })
  recordActivity(context, em, { namespaceId: id, action: 'organization.create', target: name, data: { plan } })
}

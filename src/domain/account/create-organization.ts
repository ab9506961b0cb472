import { recordActivity } from '../journal/record-activity.ts'
import { displayNameRule } from '../model/display-name.ts'
import { checkNamespaceName, Namespace } from '../model/namespace.ts'
import { Organization, type OrganizationRow } from '../model/organization.ts'
import type { Plan } from '../model/plan.ts'
import { isAdministrator } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { requirePerson } from '../policy/require.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseOptionalText } from '../shared/text.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { insertMembership } from './membership-store.ts'

export interface CreateOrganizationInput {
  readonly name: string
  readonly displayName?: string | null | undefined
  readonly plan?: Plan | null | undefined
}

// Every request of a person loads all of their organizations, so one with thousands would slow down everybody.
export const maxOwnedOrganizations = 100

/**
 * Makes an organization with the caller as its owner. Only administrators choose the plan.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token) and `InvalidInput` (INVALID, TAKEN).
 */
export async function createOrganization(
  context: RequestContext,
  input: CreateOrganizationInput,
): Promise<OrganizationRow> {
  const { user, organizationAccess } = requirePerson(context.principal)
  const errors = new InputErrors()
  const owned = [...organizationAccess.values()].filter(({ role }) => role === 'OWNER').length
  if (owned >= maxOwnedOrganizations && !isAdministrator(context.principal))
    errors.add(
      'INVALID',
      ['input'],
      `You own ${owned} organizations, and a person can create no more than ${maxOwnedOrganizations}. Ask an administrator to create it.`,
    )
  checkNamespaceName(input.name, ['input', 'name'], errors)
  const displayName = parseOptionalText(input.displayName, displayNameRule, ['input', 'displayName'], errors)
  const plan = input.plan ?? context.settings.defaultPlan
  if (plan !== context.settings.defaultPlan && !isAdministrator(context.principal))
    errors.add(
      'INVALID',
      ['input', 'plan'],
      'Only administrators choose a plan. Leave it out, and ask one to change it.',
    )
  errors.throwIfAny()

  const organization = {
    id: newId('org', context.now),
    name: input.name,
    displayName: displayName ?? input.name,
    plan,
    maxTokenLifetimeDays: null,
    allowTokenReactivation: false,
    ssoEnforced: false,
    emailNotices: true,
  }
  const { id } = organization
  try {
    await context.em.transactional(async (em) => {
      await em.insert(Namespace, { id, name: input.name, kind: 'ORGANIZATION' })
      em.create(Organization, { ...organization, company: null, createdAt: context.now })
      await em.flush()
      await insertMembership(em, { organizationId: id, userId: user.id, role: 'OWNER', joinedAt: context.now })
      recordActivity(context, em, {
        namespaceId: id,
        action: 'organization.create',
        target: input.name,
        data: { plan },
      })
    })
    return { ...organization, companyId: null, createdAt: context.now.toISOString() }
  } catch (error) {
    if (!isUniqueViolation(error, 'namespace')) throw error
    throwInvalid('TAKEN', ['input', 'name'], 'This name is in use by a person or an organization. Choose another.')
  }
}

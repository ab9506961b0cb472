import { recordActivity } from '../journal/record-activity.ts'
import { displayNameRule } from '../model/display-name.ts'
import { Membership } from '../model/membership.ts'
import { checkNamespaceName, Namespace } from '../model/namespace.ts'
import { Organization, type OrganizationRow } from '../model/organization.ts'
import type { Plan } from '../model/plan.ts'
import type { Call } from '../policy/call.ts'
import { isAdministrator } from '../policy/policy.ts'
import { requirePerson } from '../policy/require.ts'
import { Faults, refuse } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseOptionalText } from '../shared/text.ts'
import { isTaken } from '../shared/unique-violation.ts'

export interface CreateOrganizationInput {
  readonly name: string
  readonly displayName?: string | null | undefined
  readonly plan?: Plan | null | undefined
}

/**
 * Makes an organization with the caller as its owner. Only administrators choose the plan.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN for an access token) and `InputRefused` (INVALID, TAKEN).
 */
export async function createOrganization(call: Call, input: CreateOrganizationInput): Promise<OrganizationRow> {
  const { user } = requirePerson(call.principal)
  const faults = new Faults()
  checkNamespaceName(input.name, ['input', 'name'], faults)
  const displayName = parseOptionalText(input.displayName, displayNameRule, ['input', 'displayName'], faults)
  const plan = input.plan ?? call.settings.defaultPlan
  if (plan !== call.settings.defaultPlan && !isAdministrator(call.principal))
    faults.add(
      'INVALID',
      ['input', 'plan'],
      'Only administrators choose a plan. Leave it out, and ask one to change it.',
    )
  faults.refuseIfAny()

  const organization = {
    id: newId('org', call.now),
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
    await call.em.transactional(async (em) => {
      await em.insert(Namespace, { id, name: input.name, kind: 'ORGANIZATION' })
      em.create(Organization, { ...organization, company: null, createdAt: call.now })
      em.create(Membership, { organization: id, user: user.id, role: 'OWNER', joinedAt: call.now })
      recordActivity(call, em, {
        namespaceId: id,
        action: 'organization.create',
        target: input.name,
        data: { plan },
      })
    })
    return { ...organization, companyId: null, createdAt: call.now.toISOString() }
  } catch (error) {
    if (!isTaken(error, 'namespace')) throw error
    refuse('TAKEN', ['input', 'name'], 'This name is in use by a person or an organization. Choose another.')
  }
}

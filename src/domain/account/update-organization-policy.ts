import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import { Organization, type OrganizationPolicy, type OrganizationRow } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { selectOrganizations } from './find-organization.ts'
import { requireOrganizationGovernor } from './require-organization.ts'

/** Absent: unchanged. */
export interface OrganizationPolicyInput {
  /** Null: unlimited. */
  readonly maxTokenLifetimeDays?: number | null | undefined
  readonly allowTokenReactivation?: boolean | null | undefined
  readonly ssoEnforced?: boolean | null | undefined
}

const maxLifetimeDays = 365

/**
 * Changes what an organization demands of its tokens and members. It holds from the next request on; tokens that exist stay
 * as they are.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function updateOrganizationPolicy(
  context: RequestContext,
  name: string,
  input: OrganizationPolicyInput,
): Promise<OrganizationRow> {
  const { id } = await requireOrganizationGovernor(context.em, context.principal, name, ['organization'])
  const wanted = parsePolicy(input)
  return context.em.transactional(async (em) => {
    const organization = await selectOrganizations(kysely(em))
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    const changes = changesTo(organization, wanted)
    if (Object.keys(changes).length === 0) return organization
    if (changes.ssoEnforced) await requireProvider(em, id)
    await em.nativeUpdate(Organization, { id }, changes)
    recordActivity(context, em, {
      namespaceId: id,
      action: 'organization.policy_change',
      target: name,
      data: Object.fromEntries(
        Object.entries(changes).map(([member, value]) => [member, value === null ? 'unlimited' : String(value)]),
      ),
    })
    return { ...organization, ...changes }
  })
}

function parsePolicy(input: OrganizationPolicyInput): Partial<OrganizationPolicy> {
  const { maxTokenLifetimeDays: days, allowTokenReactivation, ssoEnforced } = input
  const errors = new InputErrors()
  if (typeof days === 'number' && (days < 1 || days > maxLifetimeDays))
    errors.add(
      'INVALID',
      ['input', 'maxTokenLifetimeDays'],
      `Let tokens live for 1 to ${maxLifetimeDays} days, or give null for no limit.`,
    )
  for (const [member, value] of Object.entries({ allowTokenReactivation, ssoEnforced }))
    if (value === null) errors.add('INVALID', ['input', member], 'Say true or false, or leave it out.')
  errors.throwIfAny()
  return {
    ...(days !== undefined && { maxTokenLifetimeDays: days }),
    ...(typeof allowTokenReactivation === 'boolean' && { allowTokenReactivation }),
    ...(typeof ssoEnforced === 'boolean' && { ssoEnforced }),
  }
}

/** Those members of a policy that are not what they were. */
function changesTo(policy: OrganizationPolicy, wanted: Partial<OrganizationPolicy>): Partial<OrganizationPolicy> {
  const { maxTokenLifetimeDays: days, allowTokenReactivation, ssoEnforced } = { ...policy, ...wanted }
  return {
    ...(days !== policy.maxTokenLifetimeDays && { maxTokenLifetimeDays: days }),
    ...(allowTokenReactivation !== policy.allowTokenReactivation && { allowTokenReactivation }),
    ...(ssoEnforced !== policy.ssoEnforced && { ssoEnforced }),
  }
}

// Whoever enforces what nobody can use locks all members out.
async function requireProvider(em: EntityManager, organizationId: string): Promise<void> {
  const provider = await kysely(em)
    .selectFrom('sso_provider')
    .select('organization_id')
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  if (provider === undefined)
    throwInvalid(
      'INVALID',
      ['input', 'ssoEnforced'],
      'This organization has no provider for single sign-on. Configure the provider first.',
    )
}

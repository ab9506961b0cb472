import { z } from 'zod'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationPolicy, OrganizationRow } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { flagInput, parseInput } from '../shared/input.ts'
import { findHasSsoProvider, lockOrganization, updateOrganizationRow } from './organization-store.ts'
import { requireOrganizationGovernor } from './require-organization.ts'

/** Absent members stay as they are. */
export interface OrganizationPolicyInput {
  /** Null means unlimited. */
  readonly maxTokenLifetimeDays?: number | null | undefined
  readonly allowTokenReactivation?: boolean | null | undefined
  readonly allowTokenSelfRotation?: boolean | null | undefined
  readonly ssoEnforced?: boolean | null | undefined
}

const maxLifetimeDays = 365

const shape = {
  maxTokenLifetimeDays: z
    .int()
    .refine(
      (days) => days >= 1 && days <= maxLifetimeDays,
      `Let tokens live for 1 to ${maxLifetimeDays} days, or give null for no limit.`,
    )
    .nullable()
    .optional(),
  allowTokenReactivation: flagInput.optional(),
  allowTokenSelfRotation: flagInput.optional(),
  ssoEnforced: flagInput.optional(),
}

/**
 * Changes what an organization requires of its tokens and members. It applies from the next request on; existing tokens
 * stay as they are.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function updateOrganizationPolicy(
  context: RequestContext,
  name: string,
  input: OrganizationPolicyInput,
): Promise<OrganizationRow> {
  const { id } = await requireOrganizationGovernor(context.em, context.principal, name, ['organization'])
  const wanted = parseInput(shape, input)
  return context.em.transactional(async (em) => {
    const organization = await lockOrganization(em, id)
    const changes = changesTo(organization, wanted)
    if (Object.keys(changes).length === 0) return organization
    // Without a provider, no member could sign in.
    if (changes.ssoEnforced && !(await findHasSsoProvider(em, id)))
      throwInvalid(
        'INVALID',
        ['input', 'ssoEnforced'],
        'This organization has no provider for single sign-on. Configure the provider first.',
      )
    await updateOrganizationRow(em, id, changes)
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

/** The members of a policy that change. */
function changesTo(policy: OrganizationPolicy, wanted: Partial<OrganizationPolicy>): Partial<OrganizationPolicy> {
  const merged = { ...policy, ...wanted }
  const { maxTokenLifetimeDays: days, allowTokenReactivation, allowTokenSelfRotation, ssoEnforced } = merged
  return {
    ...(days !== policy.maxTokenLifetimeDays && { maxTokenLifetimeDays: days }),
    ...(allowTokenReactivation !== policy.allowTokenReactivation && { allowTokenReactivation }),
    ...(allowTokenSelfRotation !== policy.allowTokenSelfRotation && { allowTokenSelfRotation }),
    ...(ssoEnforced !== policy.ssoEnforced && { ssoEnforced }),
  }
}

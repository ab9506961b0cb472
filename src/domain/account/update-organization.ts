import { recordActivity } from '../activity/record-activity.ts'
import type { Call } from '../call.ts'
import { Faults } from '../errors.ts'
import { parseText } from '../text.ts'
import { displayNameRule } from './display-name.ts'
import type { OrganizationRow } from './organization.ts'
import { Organization } from './organization.ts'
import { requireOrganizationEditor } from './require-organization.ts'

export interface UpdateOrganizationInput {
  /** Absent: unchanged. */
  readonly displayName?: string | null | undefined
}

/** Changes an organization's settings. Throws `Denied` (FORBIDDEN) and `InputRefused` (NOT_FOUND, INVALID). */
export async function updateOrganization(
  call: Call,
  name: string,
  input: UpdateOrganizationInput,
): Promise<OrganizationRow> {
  const organization = await requireOrganizationEditor(call.em, call.principal, name, ['organization'])
  if (input.displayName === undefined) return organization

  const faults = new Faults()
  const displayName = parseText(input.displayName, displayNameRule, ['input', 'displayName'], faults)
  faults.refuseIfAny()
  await call.em.transactional(async (em) => {
    await em.nativeUpdate(Organization, { id: organization.id }, { displayName })
    recordActivity(call, em, {
      namespaceId: organization.id,
      action: 'organization.update',
      target: name,
      data: { displayName },
    })
  })
  return { ...organization, displayName }
}

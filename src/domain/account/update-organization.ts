import { recordActivity } from '../journal/record-activity.ts'
import { displayNameRule } from '../model/display-name.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { Organization } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors } from '../shared/errors.ts'
import { parseText } from '../shared/text.ts'
import { requireOrganizationEditor } from './require-organization.ts'

/** Absent: unchanged. */
export interface UpdateOrganizationInput {
  readonly displayName?: string | null | undefined
  readonly emailNotices?: boolean | null | undefined
}

/** Changes an organization's settings. Throws `Denied` (FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID). */
export async function updateOrganization(
  context: RequestContext,
  name: string,
  input: UpdateOrganizationInput,
): Promise<OrganizationRow> {
  const organization = await requireOrganizationEditor(context.em, context.principal, name, ['organization'])
  const changes = parseChanges(input)
  if (Object.keys(changes).length === 0) return organization

  await context.em.transactional(async (em) => {
    await em.nativeUpdate(Organization, { id: organization.id }, changes)
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'organization.update',
      target: name,
      data: Object.fromEntries(Object.entries(changes).map(([member, value]) => [member, String(value)])),
    })
  })
  return { ...organization, ...changes }
}

function parseChanges({ displayName, emailNotices }: UpdateOrganizationInput) {
  const errors = new InputErrors()
  const changes = {
    ...(displayName !== undefined && {
      displayName: parseText(displayName, displayNameRule, ['input', 'displayName'], errors),
    }),
    ...(typeof emailNotices === 'boolean' && { emailNotices }),
  }
  if (emailNotices === null) errors.add('INVALID', ['input', 'emailNotices'], 'Say true or false, or leave it out.')
  errors.throwIfAny()
  return changes
}

import { recordActivity } from '../journal/record-activity.ts'
import { displayNameInput } from '../model/display-name.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { flagInput, parseInput } from '../shared/input.ts'
import { updateOrganizationRow } from './organization-store.ts'
import { requireOrganizationEditor } from './require-organization.ts'

/** Absent members stay as they are. */
export interface UpdateOrganizationInput {
  readonly displayName?: string | null | undefined
  readonly emailNotices?: boolean | null | undefined
}

const shape = { displayName: displayNameInput.optional(), emailNotices: flagInput.optional() }

/** Changes an organization's settings. Throws `Denied` (FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID). */
export async function updateOrganization(
  context: RequestContext,
  name: string,
  input: UpdateOrganizationInput,
): Promise<OrganizationRow> {
  const organization = await requireOrganizationEditor(context.em, context.principal, name, ['organization'])
  const changes = parseInput(shape, input)
  if (Object.keys(changes).length === 0) return organization

  await context.em.transactional(async (em) => {
    await updateOrganizationRow(em, organization.id, changes)
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'organization.update',
      target: name,
      data: Object.fromEntries(Object.entries(changes).map(([member, value]) => [member, String(value)])),
    })
  })
  return { ...organization, ...changes }
}

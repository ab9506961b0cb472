import { requireOrganization } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Group } from '../model/group.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseOptionalText } from '../shared/text.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import type { GroupRow } from './find-group.ts'
import { checkGroupName, groupDescriptionRule, groupNameTaken } from './group-rules.ts'
import { requireGroupEditor } from './require-group.ts'

export interface CreateGroupInput {
  readonly organization: string
  readonly name: string
  readonly description?: string | null | undefined
}

/**
 * Makes a group in an organization, with nobody in it and no repository.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID, TAKEN).
 */
export async function createGroup(context: RequestContext, input: CreateGroupInput): Promise<GroupRow> {
  const at = (member: string) => ['input', member]
  const organization = await requireOrganization(context.em, context.principal, input.organization, at('organization'))
  requireGroupEditor(context.principal, organization)
  const errors = new InputErrors()
  checkGroupName(input.name, at('name'), errors)
  const description = parseOptionalText(input.description, groupDescriptionRule, at('description'), errors)
  errors.throwIfAny()

  const { id: organizationId } = organization
  const { name } = input
  const id = newId('grp', context.now)
  try {
    await context.em.transactional(async (em) => {
      em.create(Group, { id, organization: organizationId, name, description, createdAt: context.now })
      recordActivity(context, em, { namespaceId: organizationId, action: 'group.create', target: name })
    })
  } catch (error) {
    if (!isUniqueViolation(error, 'member_group')) throw error
    throwInvalid('TAKEN', at('name'), groupNameTaken)
  }
  return { id, organizationId, name, description }
}

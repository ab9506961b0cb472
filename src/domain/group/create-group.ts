import { requireOrganization } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import { Group } from '../model/group.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { newId } from '../shared/id.ts'
import { parseInput } from '../shared/input.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { groupDescriptionInput, groupNameInput, groupNameTaken } from './group-rules.ts'
import type { GroupRow } from './group-store.ts'
import { requireGroupEditor } from './require-group.ts'

export interface CreateGroupInput {
  readonly organization: string
  readonly name: string
  readonly description?: string | null | undefined
}

const shape = { name: groupNameInput, description: groupDescriptionInput.default(null) }

/**
 * Creates a group without members and repositories in an organization.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID, TAKEN).
 */
export async function createGroup(context: RequestContext, input: CreateGroupInput): Promise<GroupRow> {
  const path = ['input', 'organization']
  const organization = await requireOrganization(context.em, context.principal, input.organization, path)
  requireGroupEditor(context.principal, organization)
  const { name, description } = parseInput(shape, input)

  const { id: organizationId } = organization
  const id = newId('grp', context.now)
  try {
    await context.em.transactional(async (em) => {
      em.create(Group, { id, organization: organizationId, name, description, createdAt: context.now })
      recordActivity(context, em, { namespaceId: organizationId, action: 'group.create', target: name })
    })
  } catch (error) {
    if (!isUniqueViolation(error, 'member_group')) throw error
    throwInvalid('TAKEN', ['input', 'name'], groupNameTaken)
  }
  return { id, organizationId, name, description }
}

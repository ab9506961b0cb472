import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { parseInput } from '../shared/input.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { groupDescriptionInput, groupNameInput, groupNameTaken } from './group-rules.ts'
import { type GroupRow, toGroupRow } from './group-store.ts'
import { lockEditableGroup } from './require-group.ts'

/** Absent members stay as they are. A description of null is removed. */
export interface UpdateGroupInput {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
}

const shape = { name: groupNameInput.optional(), description: groupDescriptionInput.optional() }

/**
 * Changes a group's name or description. Its members and their access stay.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID, TAKEN).
 */
export async function updateGroup(context: RequestContext, id: string, input: UpdateGroupInput): Promise<GroupRow> {
  try {
    return await context.em.transactional((em) => changeGroup(context, em, id, input))
  } catch (error) {
    if (!isUniqueViolation(error, 'member_group')) throw error
    throwInvalid('TAKEN', ['input', 'name'], groupNameTaken)
  }
}

async function changeGroup(
  context: RequestContext,
  em: EntityManager,
  id: string,
  input: UpdateGroupInput,
): Promise<GroupRow> {
  const group = await lockEditableGroup(context, em, id, ['id'])
  const before = toGroupRow(group)
  const { name, description } = { ...before, ...parseInput(shape, input) }

  const data = {
    ...(name !== before.name && { name }),
    ...(description !== before.description && { description: description ?? '' }),
  }
  if (Object.keys(data).length === 0) return before
  group.name = name
  group.description = description
  // The event is found by the old name. The new name is in its data.
  recordActivity(context, em, { namespaceId: before.organizationId, action: 'group.update', target: before.name, data })
  return { ...before, name, description }
}

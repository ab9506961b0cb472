import type { EntityManager } from '@mikro-orm/postgresql'
import { recordActivity } from '../journal/record-activity.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { InputErrors, throwInvalid } from '../shared/errors.ts'
import { parseOptionalText } from '../shared/text.ts'
import { isUniqueViolation } from '../shared/unique-violation.ts'
import { type GroupRow, toGroupRow } from './find-group.ts'
import { checkGroupName, groupDescriptionRule, groupNameTaken } from './group-rules.ts'
import { lockGroup } from './require-group.ts'

/** Absent: unchanged. A description of null is taken away. */
export interface UpdateGroupInput {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
}

/**
 * Changes a group's name or description. Its members and what they may do stay.
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
  const group = await lockGroup(context, em, id, ['id'])
  const before = toGroupRow(group)
  const errors = new InputErrors()
  const name = input.name === undefined ? before.name : (input.name ?? '')
  checkGroupName(name, ['input', 'name'], errors)
  const description =
    input.description === undefined
      ? before.description
      : parseOptionalText(input.description, groupDescriptionRule, ['input', 'description'], errors)
  errors.throwIfAny()

  const data = {
    ...(name !== before.name && { name }),
    ...(description !== before.description && { description: description ?? '' }),
  }
  if (Object.keys(data).length === 0) return before
  group.name = name
  group.description = description
  // By the name it had: the new one is among what changed.
  recordActivity(context, em, { namespaceId: before.organizationId, action: 'group.update', target: before.name, data })
  return { ...before, name, description }
}

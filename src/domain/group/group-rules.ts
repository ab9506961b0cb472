import type { InputErrors } from '../shared/errors.ts'

const groupName = /^[a-z0-9]+(?:-+[a-z0-9]+)*$/
const maxGroupNameLength = 60

/** What a group's description may be. */
export const groupDescriptionRule = { name: 'description', minLength: 0, maxLength: 200 }

/** Adds a fault unless the text can be a group's name. */
export function checkGroupName(name: string, path: readonly string[], errors: InputErrors): void {
  if (name.length <= maxGroupNameLength && groupName.test(name)) return
  errors.add(
    'INVALID',
    path,
    `Choose a name of 1 to ${maxGroupNameLength} lower-case letters and digits, with hyphens between them.`,
  )
}

/** The sentence for a name that another group of the organization has. */
export const groupNameTaken = 'The organization has a group of this name already. Choose another name.'

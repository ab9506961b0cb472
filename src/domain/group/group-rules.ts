import { z } from 'zod'
import { nullableText } from '../shared/text.ts'

const namePattern = /^[a-z0-9]+(?:-+[a-z0-9]+)*$/
const maxNameLength = 60

/** Null is an empty name. */
export const groupNameInput = z
  .string()
  .nullable()
  .transform((name) => name ?? '')
  .refine(
    (name) => name.length <= maxNameLength && namePattern.test(name),
    `Choose a name of 1 to ${maxNameLength} lower-case letters and digits, with hyphens between them.`,
  )

export const groupDescriptionInput = nullableText({ name: 'description', minLength: 0, maxLength: 200 })

export const groupNameTaken = 'The organization has a group of this name already. Choose another name.'

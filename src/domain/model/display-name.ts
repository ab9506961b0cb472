import { text } from '../shared/text.ts'

/** The length of a display name of a person or an organization. */
export const displayNameRule = { name: 'display name', minLength: 1, maxLength: 100 }

/** The display name of a person or an organization. */
export const displayNameInput = text(displayNameRule)

import { nullableText, text } from '../shared/text.ts'

/** The length of a display name of a person or an organization. */
export const displayNameRule = { name: 'display name', minLength: 1, maxLength: 100 }

export const displayNameInput = text(displayNameRule)

/** The display name of a new person or organization. Null or blank means their name. */
export const newDisplayNameInput = nullableText(displayNameRule).default(null)

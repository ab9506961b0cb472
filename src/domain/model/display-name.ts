/** What a display name may be, for people and organizations. */
export const displayNameRule = { name: 'display name', minLength: 1, maxLength: 100 }

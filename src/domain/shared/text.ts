import { Denied, type Faults } from './errors.ts'

/** How long a text may be, in characters, and what a message calls it. */
export interface TextRule {
  readonly name: string
  readonly minLength: number
  readonly maxLength: number
}

// Control characters: PostgreSQL stores no U+0000, and the others garble logs and terminals. Half a surrogate pair is no
// character at all, and PostgreSQL takes no JSON with one.
const controlCharacter = /[\p{Cc}\p{Cs}]/u

/** A text as a person typed it, without the space around it; adds a fault and answers '' when it breaks its rule. */
export function parseText(value: string | null, rule: TextRule, path: readonly string[], faults: Faults): string {
  const text = (value ?? '').trim()
  const length = [...text].length
  if (length < rule.minLength || length > rule.maxLength) {
    faults.add(
      'INVALID',
      path,
      `The ${rule.name} takes ${rule.minLength} to ${rule.maxLength} characters; this one has ${length}.`,
    )
    return ''
  }
  if (controlCharacter.test(text)) {
    faults.add('INVALID', path, `Write the ${rule.name} on one line, without control characters.`)
    return ''
  }
  return text
}

/** As `parseText`; a missing or blank text is null. */
export function parseOptionalText(
  value: string | null | undefined,
  rule: TextRule,
  path: readonly string[],
  faults: Faults,
): string | null {
  if (value === null || value === undefined || value.trim() === '') return null
  return parseText(value, rule, path, faults)
}

// PostgreSQL compares a pattern with each row.
const maxSearchLength = 200

/**
 * A search text as a pattern for `ilike` that finds it anywhere; null finds everything. Throws `Denied` (BAD_USER_INPUT) for a
 * text that is too long.
 */
export function searchPattern(search: string | null | undefined): string | null {
  if (search && search.length > maxSearchLength)
    throw new Denied('BAD_USER_INPUT', `\`search\` takes at most ${maxSearchLength} characters.`)
  const text = (search ?? '').replaceAll('\u0000', '').trim()
  return text === '' ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

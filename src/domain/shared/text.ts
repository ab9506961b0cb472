import { z } from 'zod'
import { Denied, type InputErrors } from './errors.ts'
import { addError } from './input.ts'

/** How long a text may be, in characters, and what a message calls it. */
export interface TextRule {
  readonly name: string
  readonly minLength: number
  readonly maxLength: number
}

// PostgreSQL stores no U+0000 and no half of a surrogate pair; other control characters garble logs and terminals. Characters
// that show nothing, or turn the direction of what follows, make two texts look the same that are not, and so do separators of
// lines and paragraphs.
// In emoji, joiners, selectors and tags are what makes the picture.
const emojiOrInvisible =
  /(?<emoji>\p{RGI_Emoji}|\p{Extended_Pictographic}[\uFE0E\uFE0F])|[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gv

/** The first character of a text that does not show, as `U+202E`; null: all do. */
function invisibleCharacterIn(text: string): string | null {
  for (const { 0: found, groups } of text.matchAll(emojiOrInvisible))
    if (groups?.emoji === undefined) return `U+${found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
  return null
}

/** A text with a space in place of characters that do not show, for where it stands among other text. */
export function withoutInvisibleCharacters(text: string): string {
  return text.replace(emojiOrInvisible, (found, emoji: string | undefined) => (emoji === undefined ? ' ' : found))
}

/** A text without the space around it. Null is an empty text. */
export function text(rule: TextRule) {
  return z
    .string()
    .nullable()
    .transform((typed, context) => trim(typed ?? '', rule, context))
}

/** As `text`, but null for a blank text. */
export function nullableText(rule: TextRule) {
  return z
    .string()
    .nullable()
    .transform((typed, context) => (typed === null || typed.trim() === '' ? null : trim(typed, rule, context)))
}

function trim(typed: string, rule: TextRule, context: z.core.$RefinementCtx): string {
  const value = typed.trim()
  const message = invalidTextMessage(value, rule)
  if (message === null) return value
  addError(context, message)
  return z.NEVER
}

function invalidTextMessage(value: string, { name, minLength, maxLength }: TextRule): string | null {
  const { length } = [...value]
  if (length < minLength || length > maxLength)
    return `The ${name} takes ${minLength} to ${maxLength} characters; this one has ${length}.`
  const invisible = invisibleCharacterIn(value)
  return invisible === null
    ? null
    : `Write the ${name} on one line and without invisible characters; this one has ${invisible}.`
}

/** A text as a person typed it, without the space around it; adds a fault and answers '' when it breaks its rule. */
export function parseText(value: string | null, rule: TextRule, path: readonly string[], errors: InputErrors): string {
  const text = (value ?? '').trim()
  const length = [...text].length
  if (length < rule.minLength || length > rule.maxLength) {
    errors.add(
      'INVALID',
      path,
      `The ${rule.name} takes ${rule.minLength} to ${rule.maxLength} characters; this one has ${length}.`,
    )
    return ''
  }
  const invisible = invisibleCharacterIn(text)
  if (invisible !== null) {
    errors.add(
      'INVALID',
      path,
      `Write the ${rule.name} on one line and without invisible characters; this one has ${invisible}.`,
    )
    return ''
  }
  return text
}

/** As `parseText`; a missing or blank text is null. */
export function parseOptionalText(
  value: string | null | undefined,
  rule: TextRule,
  path: readonly string[],
  errors: InputErrors,
): string | null {
  if (value === null || value === undefined || value.trim() === '') return null
  return parseText(value, rule, path, errors)
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

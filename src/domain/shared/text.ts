import { z } from 'zod'
import { Denied } from './errors.ts'
import { addError } from './input.ts'

/** The length of a text in characters, and its name in messages. */
export interface TextRule {
  readonly name: string
  readonly minLength: number
  readonly maxLength: number
}

// PostgreSQL cannot store U+0000 and halves of surrogate pairs; other control characters disturb logs and terminals.
// With invisible characters, characters that change the direction of text, and separators of lines and paragraphs, two
// different texts can look the same. Emoji are allowed, although they contain joiners, selectors and tags.
const emoji = /(?<emoji>\p{RGI_Emoji}|\p{Extended_Pictographic}[\uFE0E\uFE0F])/v
const invisible = /[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/v
const emojiOrInvisible = new RegExp(`${emoji.source}|${invisible.source}`, 'gv')

/** The first invisible character of a text, such as `U+202E`. Null if there is no such character. */
function invisibleCharacterIn(text: string): string | null {
  for (const { 0: found, groups } of text.matchAll(emojiOrInvisible))
    if (groups?.emoji === undefined) return `U+${found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
  return null
}

/** A text with spaces instead of invisible characters, to embed it in other text. */
export function withoutInvisibleCharacters(text: string): string {
  return text.replace(emojiOrInvisible, (found, picture: string | undefined) => (picture === undefined ? ' ' : found))
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

// PostgreSQL compares a pattern with each row.
const maxSearchLength = 200

/**
 * A pattern for `ilike` that finds a text anywhere. Null finds everything. Throws `Denied` (BAD_USER_INPUT) if the text
 * is too long.
 */
export function searchPattern(search: string | null | undefined): string | null {
  if (search && search.length > maxSearchLength)
    throw new Denied('BAD_USER_INPUT', `\`search\` takes at most ${maxSearchLength} characters.`)
  const text = (search ?? '').replaceAll('\u0000', '').trim()
  return text === '' ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

import { randomInt } from 'node:crypto'

// RFC 8628, section 6.1: consonants alone, which are easy to tell apart and form no words.
const letters = 'BCDFGHJKLMNPQRSTVWXZ'
const length = 8
const wellFormed = new RegExp(`^[${letters}]{${length}}$`)

/** A new code for a person to compare or type, without the hyphen: 34 bits. */
export function newUserCode(): string {
  return Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join('')
}

/** A code as people read it: `WDJB-MJHT`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`
}

/** A code as it was typed, in any case, with or without hyphens and spaces; null if it cannot be one. */
export function parseUserCode(typed: string): string | null {
  const code = typed.replace(/[\s\p{Pd}]/gu, '').toUpperCase()
  return wellFormed.test(code) ? code : null
}

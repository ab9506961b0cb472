import { createRequire } from 'node:module'
import { z } from 'zod'
import { addError } from '../shared/input.ts'
import { readSecret } from './token-secret.ts'

const minPasswordLength = 8
export const maxPasswordLength = 256
const maxTypedLength = 8 * maxPasswordLength

/**
 * A password in the form in which it is stored and compared: the OpaqueString profile (RFC 8265, section 4.2.2). Each
 * character has one form, whatever keyboard it comes from, and there is one kind of space. Letters keep their case, and
 * nothing is cut off.
 */
export function normalizePassword(password: string): string {
  // Bringing a long text into one form can take seconds. No password of the allowed length is so long in any form.
  if (password.length > maxTypedLength) return password
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}

let commonPasswords: { test(password: string): boolean } | undefined

/** Whether a password is among the 50,000 most common ones of 8 characters and more, in upper or lower case. */
function isCommon(password: string): boolean {
  // Only now: the list takes 2 MB, and a tenth of a second, where nobody may ever choose a password.
  commonPasswords ??= createRequire(import.meta.url)('fxa-common-password-list') as { test(password: string): boolean }
  return commonPasswords.test(password.toLowerCase())
}

/**
 * What to choose instead of this password. Null: the password can be chosen. The length is that after normalization,
 * and its characters do not matter (NIST SP 800-63B, section 3.1.1.2).
 */
export function passwordFault(password: string, tokenBrand: string): string | null {
  const normalized = normalizePassword(password)
  const length = [...normalized].length
  if (length < minPasswordLength || length > maxPasswordLength)
    return `a password of ${minPasswordLength} to ${maxPasswordLength} characters`
  // At the token endpoint it would be taken for an access token.
  if (readSecret(tokenBrand, normalized) !== null)
    return (
      `a password that does not begin like an access token (${tokenBrand}_pat_): ` +
      'nobody could log in to a registry with this one'
    )
  if (isCommon(normalized))
    return 'another password: this one is among the most common, which everybody who guesses tries first'
  return null
}

/** A password that people may choose. */
export function passwordInput(tokenBrand: string) {
  return z.string().superRefine((password, context) => {
    const fault = passwordFault(password, tokenBrand)
    if (fault !== null) addError(context, `Choose ${fault}.`)
  })
}

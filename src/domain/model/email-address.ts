import type { InputErrors } from '../shared/errors.ts'
import { parseText } from '../shared/text.ts'

const emailRule = { name: 'e-mail address', minLength: 3, maxLength: 254 }
// Whether mail arrives is for mail to tell; this catches what is no address at all.
const emailPattern = /^[^\s@]+@[^\s@]+$/

/** An e-mail address as a person typed it, without the space around it; adds a fault where it is none. */
export function parseEmailAddress(value: string, path: readonly string[], errors: InputErrors): string {
  const email = parseText(value, emailRule, path, errors)
  if (email !== '' && !emailPattern.test(email))
    errors.add('INVALID', path, 'Give an e-mail address, for example ada@example.com.')
  return email
}

import { text } from '../shared/text.ts'

/** The longest e-mail address, in characters (RFC 5321, section 4.5.3.1.3). */
export const maxEmailLength = 254

const emailRule = { name: 'e-mail address', minLength: 3, maxLength: maxEmailLength }
// Only a mail can show whether an address exists. This rejects text that is not an address at all.
const emailPattern = /^[^\s@]+@[^\s@]+$/
const notAnAddress = 'Give an e-mail address, for example ada@example.com.'

/** An e-mail address, without the space around it. */
export const emailAddressInput = text(emailRule).refine((email) => emailPattern.test(email), notAnAddress)

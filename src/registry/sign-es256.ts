import { type KeyObject, sign } from 'node:crypto'

// The length of a number of P-256.
const numberBytes = 32

/**
 * The ES256 signature of a text: ECDSA with P-256 and SHA-256, its two numbers side by side (RFC 7518, section 3.4).
 *
 * Node itself also has this format, but takes twice as long for it as for the DER format, which it gets from OpenSSL.
 */
export function signEs256(text: string, privateKey: KeyObject): Buffer {
  return sideBySide(sign('sha256', Buffer.from(text), privateKey))
}

/**
 * Converts `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, section 2.2.3) to both numbers in full length. In DER, they
 * have only the necessary bytes, and a leading zero if they would be negative. All lengths are below 128, so they take
 * one byte.
 */
function sideBySide(der: Buffer): Buffer {
  const first = integerAt(der, 2)
  const second = integerAt(der, first.end)
  const numbers = Buffer.alloc(2 * numberBytes)
  der.copy(numbers, numberBytes - (first.end - first.start), first.start, first.end)
  der.copy(numbers, 2 * numberBytes - (second.end - second.start), second.start, second.end)
  return numbers
}

/** The start and end of the bytes of the INTEGER at this position, without a leading zero. */
function integerAt(der: Buffer, place: number): { readonly start: number; readonly end: number } {
  const start = place + 2
  const end = start + der.readUInt8(place + 1)
  return { start: Math.max(start, end - numberBytes), end }
}

import { type KeyObject, sign } from 'node:crypto'

// Of P-256.
const numberBytes = 32

/**
 * The ES256 signature of a text: ECDSA with P-256 and SHA-256, its two numbers side by side (RFC 7518, section 3.4).
 *
 * Node can write them so itself, and takes twice as long for that as for the DER that it has from OpenSSL.
 */
export function signEs256(text: string, privateKey: KeyObject): Buffer {
  return sideBySide(sign('sha256', Buffer.from(text), privateKey))
}

/**
 * `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, section 2.2.3) as both numbers with all their bytes. In DER they have none
 * more than they need, and a zero in front where they would be negative. All lengths are below 128: one byte.
 */
function sideBySide(der: Buffer): Buffer {
  const first = integerAt(der, 2)
  const second = integerAt(der, first.end)
  const numbers = Buffer.alloc(2 * numberBytes)
  der.copy(numbers, numberBytes - (first.end - first.start), first.start, first.end)
  der.copy(numbers, 2 * numberBytes - (second.end - second.start), second.start, second.end)
  return numbers
}

/** Where the bytes of the INTEGER at this place begin and end, without the zero in front. */
function integerAt(der: Buffer, place: number): { readonly start: number; readonly end: number } {
  const start = place + 2
  const end = start + der.readUInt8(place + 1)
  return { start: Math.max(start, end - numberBytes), end }
}

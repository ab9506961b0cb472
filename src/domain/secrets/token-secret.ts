import { createHmac, type KeyObject, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { crc32 } from 'node:zlib'

/**
 * What a secret is for; written in the secret itself. `oat`: organization token, `pat`: personal token, `ses`: session,
 * `dvc`: device code, with which a device asks whether it was approved.
 */
export const secretKinds = ['oat', 'pat', 'ses', 'dvc'] as const
export type SecretKind = (typeof secretKinds)[number]

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomLength = 30
const checksumLength = 6
const wellFormedRest = new RegExp(`^[${alphabet}]{${randomLength + checksumLength}}$`)

/** A secret that shows nothing of itself in logs, errors, JSON and string templates. */
export class PlainSecret {
  readonly kind: SecretKind
  readonly #value: string

  constructor(kind: SecretKind, value: string) {
    this.kind = kind
    this.#value = value
  }

  /** The secret itself. Only to hash it, and to show it once to the person who generated it. */
  reveal(): string {
    return this.#value
  }

  /** The last 4 characters: they help people to recognize a secret, and nobody to guess it. */
  get hint(): string {
    return this.#value.slice(-4)
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/**
 * Generates a secret: the brand, the kind, 30 random base62 characters (178 bits), and 6 base62 characters of CRC-32
 * over all before them, so that scanners and this server recognize a mistyped or foreign one without a database.
 */
export function mintSecret(brand: string, kind: SecretKind): PlainSecret {
  const body = `${brand}_${kind}_${randomBase62(randomLength)}`
  return new PlainSecret(kind, body + checksum(body))
}

/** Recognizes a well-formed secret of this brand by prefix, length, alphabet and checksum; else null. */
export function recognizeSecret(brand: string, text: string): PlainSecret | null {
  for (const kind of secretKinds) {
    const prefix = `${brand}_${kind}_`
    if (!text.startsWith(prefix)) continue
    if (!wellFormedRest.test(text.slice(prefix.length))) return null
    const body = text.slice(0, -checksumLength)
    return checksum(body) === text.slice(-checksumLength) ? new PlainSecret(kind, text) : null
  }
  return null
}

/** What somebody sent that is written like one of our secrets. */
export interface ReadSecret {
  /** Null: mistyped, or cut off. */
  readonly secret: PlainSecret | null
  /** In quotation marks, which a shell or a file has left around it. */
  readonly isQuoted: boolean
}

const quotationMarks = '"\'`'

/**
 * Reads a secret of this brand, without the white space around it, which files, variables and pipes add and which is
 * never part of one. Null: the text is not written like a secret, so it may be a password.
 */
export function readSecret(brand: string, text: string): ReadSecret | null {
  const trimmed = text.trim()
  const written = withoutQuotationMarks(trimmed)
  if (!secretKinds.some((kind) => written.startsWith(`${brand}_${kind}_`))) return null
  return { secret: recognizeSecret(brand, written), isQuoted: written !== trimmed }
}

function withoutQuotationMarks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && quotationMarks.includes(text.charAt(start))) start++
  while (end > start && quotationMarks.includes(text.charAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end).trim()
}

/** The keyed hash under which a secret is stored and found. */
export function hashSecret(secret: string, tokenHashKey: KeyObject): Buffer {
  return createHmac('sha256', tokenHashKey).update(secret).digest()
}

const secretsInText = new RegExp(`\\b[a-z][a-z0-9]{1,9}_(?:${secretKinds.join('|')})_\\w+`, 'g')

/** A text without what looks like a secret of any brand: for messages and logs that quote what somebody sent. */
export function withoutSecrets(text: string): string {
  return text.replace(secretsInText, '[secret]')
}

function checksum(body: string): string {
  let value = crc32(body)
  let digits = ''
  for (let position = 0; position < checksumLength; position++) {
    digits = alphabet.charAt(value % alphabet.length) + digits
    value = Math.floor(value / alphabet.length)
  }
  return digits
}

// Bytes from 248 on would favour the first characters of the alphabet (256 is no multiple of 62).
const unbiasedBytes = 256 - (256 % alphabet.length)

function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < unbiasedBytes && text.length < length) text += alphabet.charAt(byte % alphabet.length)
    }
  }
  return text
}

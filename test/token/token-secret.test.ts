import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  mintSecret,
  PlainSecret,
  recognizeSecret,
  type SecretKind,
  secretKinds,
} from '../../src/domain/secrets/token-secret.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** CRC-32 as in ISO 3309, bit by bit, without the server's own code or zlib. */
function crc32(text: string): number {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** Six base62 digits, the highest first. */
function inBase62(value: number): string {
  let digits = ''
  for (let rest = BigInt(value), place = 0; place < 6; place++, rest /= 62n)
    digits = alphabet.charAt(Number(rest % 62n)) + digits
  return digits
}

describe('a secret', () => {
  it('consists of the brand, the kind, 30 base62 characters and a checksum of all before it', () => {
    expect(crc32('123456789')).toBe(0xcbf43926)
    for (const kind of secretKinds)
      for (let created = 0; created < 100; created++) {
        const secret = mintSecret('pstn', kind).reveal()
        expect(secret).toMatch(new RegExp(`^pstn_${kind}_[0-9A-Za-z]{36}$`))
        expect(secret.slice(-6)).toBe(inBase62(crc32(secret.slice(0, -6))))
      }
  })

  it('differs each time, with every character of the alphabet in every place', () => {
    const bodies = Array.from({ length: 3_000 }, () => mintSecret('pstn', 'oat').reveal().slice(9, 39))
    expect(new Set(bodies).size).toBe(bodies.length)
    for (let place = 0; place < 30; place++)
      expect(new Set(bodies.map((body) => body.charAt(place))).size).toBe(alphabet.length)
  })

  it('a secret has uniformly distributed characters', () => {
    const text = Array.from({ length: 3_000 }, () => mintSecret('pstn', 'oat').reveal().slice(9, 39)).join('')
    const expected = text.length / alphabet.length
    // Chi-squared with 61 degrees of freedom: 150 is exceeded by chance once in a billion runs. Bytes modulo 62 would
    // give the first 8 characters a quarter more than the others, and a value of about 900.
    const chiSquared = [...alphabet].reduce(
      (sum, character) => sum + (text.split(character).length - 1 - expected) ** 2 / expected,
      0,
    )
    expect(chiSquared).toBeLessThan(150)
  })

  it('a secret has the brand of the installation, and is not recognized by others', () => {
    const secret = mintSecret('acme', 'oat').reveal()
    expect(secret).toMatch(/^acme_oat_/)
    expect(recognizeSecret('acme', secret)?.reveal()).toBe(secret)
    expect(recognizeSecret('pstn', secret)).toBeNull()
    expect(recognizeSecret('acm', secret)).toBeNull()
    expect(recognizeSecret('acme_oat', secret)).toBeNull()
  })

  it('a secret has its last 4 characters as a hint', () => {
    const secret = mintSecret('pstn', 'oat')
    expect(secret.hint).toBe(secret.reveal().slice(-4))
  })
})

describe('recognizeSecret', () => {
  it.each<SecretKind>(['oat', 'pat', 'ses'])('recognizes a secret of the kind %s', (kind) => {
    const secret = mintSecret('pstn', kind)
    const recognized = recognizeSecret('pstn', secret.reveal())
    expect([recognized?.kind, recognized?.reveal()]).toEqual([kind, secret.reveal()])
  })

  it('rejects every change of a single character', () => {
    const secret = mintSecret('pstn', 'oat').reveal()
    const characters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).concat('ſ', 'K', '０', '🔑')
    const accepted: string[] = []
    for (let place = 0; place < secret.length; place++)
      for (const character of characters) {
        const changed = secret.slice(0, place) + character + secret.slice(place + 1)
        if (changed !== secret && recognizeSecret('pstn', changed) !== null) accepted.push(changed)
      }
    expect(accepted).toEqual([])
  })

  it('rejects an additional, a missing, and two swapped characters', () => {
    const secret = mintSecret('pstn', 'oat').reveal()
    const others = [`${secret}0`, ` ${secret}`, `${secret}\n`, secret.toUpperCase(), '', 'pstn_oat_', 'pstn_oat']
    for (let place = 0; place < secret.length; place++) {
      others.push(secret.slice(0, place) + secret.slice(place + 1))
      others.push(`${secret.slice(0, place)}0${secret.slice(place)}`)
      const [a, b] = [secret.charAt(place), secret.charAt(place + 1)]
      if (b !== '' && a !== b) others.push(secret.slice(0, place) + b + a + secret.slice(place + 2))
    }
    expect(others.filter((other) => recognizeSecret('pstn', other) !== null)).toEqual([])
  })

  it('rejects characters outside of the alphabet, also with a correct checksum', () => {
    for (const body of ['pstn_oat_------------------------------', 'pstn_oat_éééééééééééééééééééééééééééééé'])
      expect(recognizeSecret('pstn', body + inBase62(crc32(body)))).toBeNull()
    const body = `pstn_oat_${'a'.repeat(30)}`
    expect(recognizeSecret('pstn', body + inBase62(crc32(body)))?.kind).toBe('oat')
  })
})

describe('a plain secret', () => {
  const text = mintSecret('pstn', 'oat').reveal()
  const secret = new PlainSecret('oat', text)
  const error = Object.assign(new Error('failed'), { secret })

  it.each<[string, () => string]>([
    ['String()', () => String(secret)],
    ['a template', () => `the secret is ${secret}`],
    ['join()', () => ['the secret is', secret].join(' ')],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['util.inspect', () => inspect(secret)],
    [
      'util.inspect of an object that contains it',
      () => inspect({ deep: { secret: [secret] } }, { depth: null, showHidden: true }),
    ],
    ['util.format', () => format('%s %o %O %j', secret, secret, secret, secret)],
    ['an error that contains it', () => inspect(error, { showHidden: true })],
    ['its own properties', () => JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(secret)))],
    ['a copy of its properties', () => inspect({ ...secret })],
    ['a structured clone', () => inspect(structuredClone({ ...secret }))],
  ])('a plain secret is hidden from %s', (_, print) => {
    const printed = print()
    expect(printed).not.toContain(text.slice(9, 39))
    expect(printed).not.toContain(text.slice(-4))
  })

  it('a plain secret is returned by reveal()', () => {
    expect(secret.reveal()).toBe(text)
  })
})

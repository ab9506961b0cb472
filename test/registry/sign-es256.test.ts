import { generateKeyPairSync, verify } from 'node:crypto'
import { expect, it } from 'vitest'
import { signEs256 } from '../../src/registry/token-issuer.ts'

it('signs as ES256 requires, also if a number of the signature is shorter', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const seen = { short: 0, full: 0 }
  // One in 128 signatures has a number that begins with a zero byte.
  for (let index = 0; index < 2_000; index++) {
    const text = `text ${index}`
    const signature = signEs256(text, privateKey)
    expect(signature).toHaveLength(64)
    expect(verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
    seen[signature[0] === 0 || signature[32] === 0 ? 'short' : 'full']++
  }
  expect(seen.short).toBeGreaterThan(0)
  expect(seen.full).toBeGreaterThan(0)
})

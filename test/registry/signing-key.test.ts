import { createHash, createPublicKey, generateKeyPairSync, sign, verify, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { certificateBundle, generateSigningKey, jsonWebKeySet, openSigningKey } from '../../src/registry/signing-key.ts'

const NOW = new Date('2030-05-06T07:08:09.500Z')

const newKey = async () => openSigningKey(await generateSigningKey(NOW))

describe('a generated signing key', () => {
  it('a generated signing key has a self-signed certificate, valid from an hour ago for ten years', async () => {
    const { certificateDer } = await generateSigningKey(NOW)
    const certificate = new X509Certificate(certificateDer)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.validFromDate).toEqual(new Date('2030-05-06T06:08:09Z'))
    expect(certificate.validToDate).toEqual(new Date('2040-05-06T07:08:09Z'))
  })

  it('differs each time', async () => {
    const [one, two] = [await newKey(), await newKey()]
    expect(one.kid).not.toBe(two.kid)
    expect(one.publicJwk.x).not.toBe(two.publicJwk.x)
  })

  it('opens with the id that it was generated with, and signs what its certificate verifies', async () => {
    const bytes = await generateSigningKey(NOW)
    const key = openSigningKey(bytes)
    expect(key.kid).toBe(bytes.kid)
    const text = Buffer.from('text')
    const { publicKey } = new X509Certificate(key.certificateDer)
    expect(verify('sha256', text, publicKey, sign('sha256', text, key.privateKey))).toBe(true)
  })

  it('is identified by the first 240 bits of the hash of its public key, in twelve groups of base32', async () => {
    const { kid, certificateDer } = await generateSigningKey(NOW)
    expect(kid).toMatch(/^[A-Z2-7]{4}(:[A-Z2-7]{4}){11}$/)
    const spki = new X509Certificate(certificateDer).publicKey.export({ type: 'spki', format: 'der' })
    const hash = createHash('sha256').update(spki).digest('hex')
    const values = [...kid.replaceAll(':', '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter))
    expect(values.reduce((sum, value) => sum * 32n + BigInt(value), 0n)).toBe(BigInt(`0x${hash.slice(0, 60)}`))
  })
})

describe('opening a signing key', () => {
  it('rejects the certificate of another key', async () => {
    const [one, two] = [await generateSigningKey(NOW), await generateSigningKey(NOW)]
    expect(() => openSigningKey({ ...one, certificateDer: two.certificateDer })).toThrow('do not belong together')
  })

  it('rejects damaged bytes', async () => {
    const bytes = await generateSigningKey(NOW)
    const short = (part: Buffer) => part.subarray(0, -1)
    for (const damaged of [
      { ...bytes, certificateDer: short(bytes.certificateDer) },
      { ...bytes, privateKeyDer: short(bytes.privateKeyDer) },
      { ...bytes, privateKeyDer: Buffer.alloc(0) },
    ]) {
      expect(() => openSigningKey(damaged)).toThrow('its bytes are damaged')
    }
  })

  it('rejects a key of another kind', async () => {
    const { certificateDer } = await generateSigningKey(NOW)
    const format = { type: 'pkcs8', format: 'der' } as const
    for (const { privateKey } of [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ed25519'),
    ]) {
      const privateKeyDer = privateKey.export(format)
      expect(() => openSigningKey({ certificateDer, privateKeyDer })).toThrow('not a P-256 (ES256) key')
    }
  })
})

describe('publishing signing keys', () => {
  it('returns a bundle of every certificate as PEM, in order, without private keys', async () => {
    const keys = [await newKey(), await newKey()]
    const bundle = certificateBundle(keys)
    const blocks = bundle.match(/-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n/g) ?? []
    expect(blocks.join('')).toBe(bundle)
    expect(blocks.map((block) => new X509Certificate(block).raw)).toEqual(keys.map((key) => key.certificateDer))
  })

  it('lists the public half of every key, and nothing of the private one', async () => {
    const keys = [await newKey(), await newKey()]
    expect(jsonWebKeySet(keys)).toEqual({
      keys: keys.map(({ kid, certificateDer }) => {
        const { x, y } = new X509Certificate(certificateDer).publicKey.export({ format: 'jwk' })
        return { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }
      }),
    })
    for (const jwk of jsonWebKeySet(keys).keys) {
      expect(createPublicKey({ key: { ...jwk }, format: 'jwk' }).asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    }
  })
})

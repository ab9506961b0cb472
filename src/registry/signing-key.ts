import { createHash, createPrivateKey, createPublicKey, type KeyObject, webcrypto, X509Certificate } from 'node:crypto'

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const CERTIFICATE_YEARS = 10
const CLOCK_SKEW_MILLISECONDS = 60 * 60 * 1000
const BASE32_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The public part of a signing key, as in a JSON Web Key Set (RFC 7517). */
export interface PublicJwk {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
  kid: string
  alg: 'ES256'
  use: 'sig'
}

/** A key that signs registry tokens, ready for use. */
export interface SigningKey {
  /** The id of libtrust, with which Distribution 2.8 and older find a key. */
  readonly kid: string
  /** The self-signed X.509 certificate that registries trust. */
  readonly certificateDer: Buffer
  readonly privateKey: KeyObject
  readonly publicJwk: PublicJwk
}

/** A signing key as bytes, for storage. `privateKeyDer` (PKCS #8) is secret; the rest is public. */
export interface SigningKeyBytes {
  kid: string
  certificateDer: Buffer
  privateKeyDer: Buffer
}

/**
 * Generates an ES256 (P-256) key with a self-signed certificate, valid from an hour before `now`, for registries whose
 * clock is slow, until ten years after it. Distribution checks these dates for every token, because tokens contain the
 * certificate in `x5c`.
 */
export async function generateSigningKey(now: Date): Promise<SigningKeyBytes> {
  // Loaded here, because only the first start generates a key.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(ES256, true, ['sign', 'verify'])
  const notAfter = new Date(now)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + CERTIFICATE_YEARS)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Postern token signing key',
    keys,
    signingAlgorithm: ES256,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MILLISECONDS),
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  const certificateDer = Buffer.from(certificate.rawData)
  const privateKeyDer = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return { kid: openSigningKey({ certificateDer, privateKeyDer }).kid, certificateDer, privateKeyDer }
}

/**
 * Opens a stored signing key.
 * @throws Error if the bytes are damaged, are not a P-256 key, or belong to two different keys.
 */
export function openSigningKey(bytes: Pick<SigningKeyBytes, 'certificateDer' | 'privateKeyDer'>): SigningKey {
  const { certificate, privateKey } = parse(bytes)
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error('The signing key is not a P-256 (ES256) key. Generate a new one.')
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error('The signing key and its certificate do not belong together. Restore both, or generate a new key.')
  }
  const publicKey = createPublicKey(privateKey)
  const kid = libtrustKeyId(publicKey)
  return { kid, certificateDer: bytes.certificateDer, privateKey, publicJwk: publicJwk(publicKey, kid) }
}

/** The certificates as one PEM file, for a registry's `auth.token.rootcertbundle`. Contains no secrets. */
export function certificateBundle(keys: ReadonlyArray<SigningKey>): string {
  return keys.map((key) => new X509Certificate(key.certificateDer).toString()).join('')
}

/** The public keys as a JSON Web Key Set (RFC 7517), each with the `kid` of its tokens. */
export function jsonWebKeySet(keys: ReadonlyArray<SigningKey>): { keys: PublicJwk[] } {
  return { keys: keys.map((key) => key.publicJwk) }
}

function parse({ certificateDer, privateKeyDer }: Pick<SigningKeyBytes, 'certificateDer' | 'privateKeyDer'>) {
  try {
    return {
      certificate: new X509Certificate(certificateDer),
      privateKey: createPrivateKey({ key: privateKeyDer, format: 'der', type: 'pkcs8' }),
    }
  } catch (cause) {
    throw new Error('The signing key cannot be read: its bytes are damaged. Restore it, or generate a new key.', {
      cause,
    })
  }
}

function publicJwk(publicKey: KeyObject, kid: string): PublicJwk {
  const { x, y } = publicKey.export({ format: 'jwk' })
  if (x === undefined || y === undefined) throw new Error('The signing key has no point on a curve.')
  return { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }
}

/**
 * The key id of libtrust, which Distribution up to 2.8 derives from every certificate it trusts: the first 240 bits of
 * the SHA-256 of the public key (SubjectPublicKeyInfo, DER) in base32 (RFC 4648), as twelve groups of four.
 */
function libtrustKeyId(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const digest = createHash('sha256').update(spki).digest()
  const bits = Array.from(digest.subarray(0, 30), (byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = bits.replace(/.{5}/g, (five) => BASE32_ALPHABET.charAt(Number.parseInt(five, 2)))
  return letters.replace(/.{4}(?=.)/g, '$&:')
}

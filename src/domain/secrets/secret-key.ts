import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

/** The keys that are derived from SECRET_KEY. A copy of the database without it has no usable secret. */
export interface DerivedKeys {
  /** Keys the hashes of secrets (HMAC-SHA-256). */
  readonly tokenHashKey: KeyObject
  /** Encrypts the signing keys and client secrets kept in the database (AES-256-GCM). */
  readonly encryptionKey: Buffer
  /** Keys the pseudonyms of people and tokens in the logs of others (HMAC-SHA-256). */
  readonly pseudonymKey: Buffer
  /** Stored in the database, to check that it was created with this SECRET_KEY. */
  readonly check: Buffer
}

/** HKDF-SHA-256 (RFC 5869), with one `info` per purpose. */
function deriveKey(secretKey: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, 'postern', info, 32))
}

/**
 * The secret of registries that send notifications, unless another one is set: printable ASCII. Derived, so
 * that all instances accept the same.
 */
export function deriveRegistryEventsSecret(secretKey: Buffer): string {
  return deriveKey(secretKey, 'registry-events').toString('base64url')
}

/** Derives the keys that hash and encrypt. */
export function deriveKeys(secretKey: Buffer): DerivedKeys {
  const derive = (info: string) => deriveKey(secretKey, info)
  return {
    // Not a Buffer: hashing with one takes five times as long.
    tokenHashKey: createSecretKey(derive('token-hash')),
    encryptionKey: derive('encryption'),
    pseudonymKey: derive('pseudonym'),
    check: derive('check'),
  }
}

const nonceBytes = 12
const tagBytes = 16

/** Encrypts with AES-256-GCM: nonce, tag, ciphertext. */
export function encrypt(plaintext: Buffer, encryptionKey: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext])
}

/** Reverses `encrypt`; throws when the key is another or the bytes were changed. */
export function decrypt(encrypted: Buffer, encryptionKey: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', encryptionKey, encrypted.subarray(0, nonceBytes))
  decipher.setAuthTag(encrypted.subarray(nonceBytes, nonceBytes + tagBytes))
  return Buffer.concat([decipher.update(encrypted.subarray(nonceBytes + tagBytes)), decipher.final()])
}

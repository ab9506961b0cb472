import { timingSafeEqual } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { Deployment } from '../model/deployment.ts'
import { SigningKeyRecord } from '../model/signing-key-record.ts'
import { type DerivedKeys, decrypt, encrypt } from '../secrets/secret-key.ts'
import { newId } from '../shared/id.ts'
import { lockDeployment } from './deployment-store.ts'

/** An unencrypted signing key. */
export interface SigningKeyMaterial {
  readonly kid: string
  readonly certificateDer: Buffer
  readonly privateKeyDer: Buffer
}

/** Thrown if the database was created with another SECRET_KEY. The server must not start. */
export class SecretKeyMismatch extends Error {
  constructor() {
    super(
      'This database was created with another SECRET_KEY: tokens could not be recognized and signing keys not ' +
        'decrypted. ' +
        'Set the SECRET_KEY that it was created with (all instances share it; if unset, it is in DATA_DIR/secret-key).',
    )
    this.name = 'SecretKeyMismatch'
  }
}

/**
 * Opens the installation: checks that the database was created with this SECRET_KEY, and returns the signing keys,
 * newest first. On an empty database, it stores a check of SECRET_KEY and creates the first signing key. Instances that
 * start together wait for each other and get the same key.
 *
 * Throws `SecretKeyMismatch`.
 */
export async function openDeployment(
  em: EntityManager,
  keys: DerivedKeys,
  generateSigningKey: (now: Date) => Promise<SigningKeyMaterial>,
  now: Date,
): Promise<SigningKeyMaterial[]> {
  return em.transactional(async (em) => {
    await lockDeployment(em)
    const deployment = await em.findOne(Deployment, { id: 1 })
    if (deployment === null) em.create(Deployment, { id: 1, secretKeyCheck: keys.check, createdAt: now })
    else if (!timingSafeEqual(Buffer.from(deployment.secretKeyCheck), keys.check)) throw new SecretKeyMismatch()

    const records = await em.find(SigningKeyRecord, {}, { orderBy: { id: 'desc' } })
    if (records.length > 0) return records.map((record) => openRecord(record, keys))

    const material = await generateSigningKey(now)
    em.create(SigningKeyRecord, {
      id: newId('key', now),
      kid: material.kid,
      certificate: material.certificateDer,
      encryptedPrivateKey: encrypt(material.privateKeyDer, keys.encryptionKey),
      createdAt: now,
    })
    return [material]
  })
}

function openRecord(record: SigningKeyRecord, keys: DerivedKeys): SigningKeyMaterial {
  return {
    kid: record.kid,
    certificateDer: Buffer.from(record.certificate),
    privateKeyDer: decrypt(Buffer.from(record.encryptedPrivateKey), keys.encryptionKey),
  }
}

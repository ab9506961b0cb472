import { timingSafeEqual } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { Deployment } from '../model/deployment.ts'
import { SigningKeyRecord } from '../model/signing-key-record.ts'
import { type DerivedKeys, decrypt, encrypt } from '../secrets/secret-key.ts'
import { newId } from '../shared/id.ts'

/** A signing key in the clear: what a generator makes, and what the registry door signs with. */
export interface SigningKeyMaterial {
  readonly kid: string
  readonly certificateDer: Buffer
  readonly privateKeyDer: Buffer
}

/** Thrown when the database was made with another SECRET_KEY; the server must not start. */
export class SecretKeyMismatch extends Error {
  constructor() {
    super(
      'This database was made with another SECRET_KEY: tokens could not be recognised and signing keys not opened. ' +
        'Give the SECRET_KEY it was made with (every instance shares one; when unset, it is kept in DATA_DIR/secret-key).',
    )
    this.name = 'SecretKeyMismatch'
  }
}

/**
 * Opens the installation: checks that SECRET_KEY is the one that the database was made with, and answers the signing
 * keys, newest first. On an empty database it records the key's check and makes the first signing key. Instances that
 * start together wait for each other and end up with the same key.
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
    await em.execute('lock table deployment in share row exclusive mode')
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

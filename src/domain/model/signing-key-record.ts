import { defineEntity, p } from '@mikro-orm/postgresql'

export const SigningKeyRecordSchema = defineEntity({
  name: 'SigningKeyRecord',
  tableName: 'signing_key',
  properties: {
    id: p.text().primary(),
    kid: p.text(),
    certificate: p.blob(),
    encryptedPrivateKey: p.blob(),
    createdAt: p.datetime(),
  },
})

/** A stored signing key. The private key is encrypted with a key derived from SECRET_KEY. */
export class SigningKeyRecord extends SigningKeyRecordSchema.class {}
SigningKeyRecordSchema.setClass(SigningKeyRecord)

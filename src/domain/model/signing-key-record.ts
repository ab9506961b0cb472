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

/** A signing key as the database keeps it: the private part is encrypted under SECRET_KEY. */
export class SigningKeyRecord extends SigningKeyRecordSchema.class {}
SigningKeyRecordSchema.setClass(SigningKeyRecord)

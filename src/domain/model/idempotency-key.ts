import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from './namespace.ts'

export const IdempotencyKeySchema = defineEntity({
  name: 'IdempotencyKey',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    actorId: p.text().primary(),
    key: p.text().primary(),
    requestDigest: p.blob(),
    tokenId: p.text(),
    createdAt: p.datetime(),
  },
})

/** A key with which a person requested a token, with a digest of the request and the token. */
export class IdempotencyKey extends IdempotencyKeySchema.class {}
IdempotencyKeySchema.setClass(IdempotencyKey)

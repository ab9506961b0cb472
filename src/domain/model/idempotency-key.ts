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

/** A key under which a person has asked for a token, with a digest of what they asked and the token they got. */
export class IdempotencyKey extends IdempotencyKeySchema.class {}
IdempotencyKeySchema.setClass(IdempotencyKey)

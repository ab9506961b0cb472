import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from './namespace.ts'
import { refusalReasons } from './refusal-reason.ts'

export const RefusedAttemptSchema = defineEntity({
  name: 'RefusedAttempt',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    tokenId: p.text().nullable().primary(),
    reason: p.enum(refusalReasons).primary(),
    ipAddress: p.text().columnType('inet').nullable().primary(),
    repository: p.text().nullable().primary(),
    permission: p.text().nullable().primary(),
    client: p.text().nullable(),
    firstAt: p.datetime(),
    lastAt: p.datetime(),
    attempts: p.integer(),
  },
})

/** Denied or rejected attempts for the same reason, from the same address. */
export class RefusedAttempt extends RefusedAttemptSchema.class {}
RefusedAttemptSchema.setClass(RefusedAttempt)

import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from '../account/namespace.ts'
import { AccessToken } from '../token/access-token.ts'

export const AccessTokenLastUseSchema = defineEntity({
  name: 'AccessTokenLastUse',
  properties: {
    token: () => p.manyToOne(AccessToken).mapToPk().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    at: p.datetime(),
    ipAddress: p.text().columnType('inet').nullable(),
    client: p.text().nullable(),
    repository: p.text().nullable(),
  },
})

/** The latest successful use of a token. */
export class AccessTokenLastUse extends AccessTokenLastUseSchema.class {}
AccessTokenLastUseSchema.setClass(AccessTokenLastUse)

export const UsageWindowSchema = defineEntity({
  name: 'UsageWindow',
  properties: {
    subjectId: p.text().primary(),
    startsAt: p.datetime().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    pulls: p.integer(),
  },
})

/** The pulls of a subject in one usage window: of a token of an organization, or of a person with all their tokens. */
export class UsageWindow extends UsageWindowSchema.class {}
UsageWindowSchema.setClass(UsageWindow)

import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from './namespace.ts'

export const activityActorKinds = ['USER', 'PERSONAL_TOKEN', 'ORGANIZATION_TOKEN', 'SYSTEM'] as const

export const ActivityEventSchema = defineEntity({
  name: 'ActivityEvent',
  properties: {
    id: p.text().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    at: p.datetime(),
    action: p.text(),
    actorKind: p.enum(activityActorKinds),
    actorId: p.text().nullable(),
    actorName: p.text(),
    tokenId: p.text().nullable(),
    tokenLabel: p.text().nullable(),
    target: p.text(),
    ipAddress: p.text().columnType('inet').nullable(),
    userAgent: p.text().nullable(),
    requestId: p.text().nullable(),
    data: p.json().$type<Record<string, string>>(),
    // The position in the chain of the namespace, from 1, and its hash. A trigger sets both; they are rarely read.
    position: p.bigint().persist(false).lazy(),
    hash: p.blob().persist(false).lazy(),
  },
})

/** An event of an organization or account. It outlives its subject. */
export class ActivityEvent extends ActivityEventSchema.class {}
ActivityEventSchema.setClass(ActivityEvent)

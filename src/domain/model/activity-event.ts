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
    // The place in the chain of the namespace, from 1, and the hash there: the database sets both, and they are rarely read.
    position: p.bigint().persist(false).lazy(),
    hash: p.blob().persist(false).lazy(),
  },
})

/** One act on an organization or an account. It outlives whatever it tells of. */
export class ActivityEvent extends ActivityEventSchema.class {}
ActivityEventSchema.setClass(ActivityEvent)

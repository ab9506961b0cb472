import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from './namespace.ts'

export const ActivityChainSchema = defineEntity({
  name: 'ActivityChain',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    position: p.bigint(),
    hash: p.blob(),
  },
})

/** The head of the chain that the events of a namespace are in: place and hash of the newest. The database keeps it. */
export class ActivityChain extends ActivityChainSchema.class {}
ActivityChainSchema.setClass(ActivityChain)

export const ActivityCheckpointSchema = defineEntity({
  name: 'ActivityCheckpoint',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    position: p.bigint(),
    hash: p.blob(),
    at: p.datetime(),
  },
})

/** Where a chain begins whose oldest events have expired: place and hash of the newest of these, and the latest time of any. */
export class ActivityCheckpoint extends ActivityCheckpointSchema.class {}
ActivityCheckpointSchema.setClass(ActivityCheckpoint)

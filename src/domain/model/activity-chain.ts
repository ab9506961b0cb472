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

/** The head of the chain of a namespace: position and hash of its newest event. A trigger sets it. */
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

/**
 * The beginning of a chain whose oldest events were deleted: position and hash of the last deleted one, and the latest
 * time of all deleted ones.
 */
export class ActivityCheckpoint extends ActivityCheckpointSchema.class {}
ActivityCheckpointSchema.setClass(ActivityCheckpoint)

import { type EntityManager, IsolationLevel } from '@mikro-orm/postgresql'
import { type ChainPoint, listChainedEvents, listChains, updateStatementTimeoutToNone } from './chain-store.ts'
import type { ChainedEvent } from './chained-event.ts'
import { type Finding, followChain } from './follow-chain.ts'

/** The end of the chain of the organization or person with that id. */
export interface ChainEnd extends ChainPoint {
  readonly namespaceId: string
}

export interface Verifying {
  readonly onFinding: (finding: Finding) => void
  readonly onEnd?: (end: ChainEnd) => void
  /** Ends that the operator kept earlier, by namespace. */
  readonly kept?: ReadonlyMap<string, ChainPoint>
}

/** How much was verified. */
export interface Verified {
  readonly events: number
  readonly chains: number
}

/**
 * Computes the hash of every activity event again, and reports each event that was changed, removed, moved or added.
 * Events that are written meanwhile are not verified.
 */
export function verifyActivity(em: EntityManager, verifying: Verifying): Promise<Verified> {
  const snapshot = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true }
  return em.transactional((inSnapshot) => verifyChains(inSnapshot, verifying), snapshot)
}

async function verifyChains(em: EntityManager, { onFinding, onEnd, kept = new Map() }: Verifying): Promise<Verified> {
  // Sorting without an index takes long.
  await updateStatementTimeoutToNone(em)
  const events = listChainedEvents(em)
  let event = await nextOf(events)
  let [eventCount, chainCount] = [0, 0]
  const advance = async () => {
    eventCount += 1
    event = await nextOf(events)
  }
  const reportOrphan = ({ namespaceId, position, id }: ChainedEvent) =>
    onFinding({ namespaceId, name: 'nobody', position, eventId: id, what: 'is of no organization and no person' })
  const missed = new Set(kept.keys())

  for await (const chain of listChains(em)) {
    const { namespaceId } = chain
    missed.delete(namespaceId)
    for (; event !== null && event.namespaceId < namespaceId; await advance()) reportOrphan(event)
    const following = followChain(chain, kept.get(namespaceId), onFinding)
    for (; event?.namespaceId === namespaceId; await advance()) following.follow(event)
    const end = following.end()
    if (end === null) continue
    chainCount += 1
    onEnd?.({ namespaceId, ...end })
  }
  for (; event !== null; await advance()) reportOrphan(event)
  for (const namespaceId of missed)
    onFinding({ namespaceId, name: 'nobody', position: null, eventId: null, what: 'is gone, and its head was kept' })
  return { events: eventCount, chains: chainCount }
}

async function nextOf(events: AsyncGenerator<ChainedEvent>): Promise<ChainedEvent | null> {
  const next = await events.next()
  return next.done === true ? null : next.value
}

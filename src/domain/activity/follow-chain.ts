import type { Chain, ChainPoint } from './chain-store.ts'
import { type ChainedEvent, hashAfter, hashBeforeAll } from './chained-event.ts'

/** A difference between the log and what was written. */
export interface Finding {
  readonly namespaceId: string
  readonly name: string
  readonly position: number | null
  readonly eventId: string | null
  /** A sentence without its subject. */
  readonly what: string
}

/** Verifies a chain from its beginning to its head. `kept` is an earlier head, if the operator kept it. */
export function followChain(chain: Chain, kept: ChainPoint | undefined, onFinding: (finding: Finding) => void) {
  const { namespaceId, name, head, checkpoint } = chain
  let last: ChainPoint = checkpoint ?? { position: 0, hash: hashBeforeAll }
  const find = (what: string, position: number | null = null, eventId: string | null = null) =>
    onFinding({ namespaceId, name, position, eventId, what })
  const compareKept = ({ position, hash }: ChainPoint, eventId: string | null) => {
    if (kept?.position === position && !kept.hash.equals(hash))
      find('is not the one whose hash was kept', position, eventId)
  }
  if (checkpoint !== null) compareKept(checkpoint, null)

  return {
    /** The next event, in the order of positions. */
    follow(event: ChainedEvent): void {
      const { id, position, hash } = event
      if (position <= last.position) {
        find('has been added: the position is before the beginning, or that of another event', position, id)
        return
      }
      if (position > last.position + 1) find(`missing: ${numbers(last.position + 1, position - 1)}`)
      else if (!hashAfter(last.hash, event).equals(hash))
        find('has been changed or moved, or the one before it with its hash', position, id)
      last = { position, hash }
      compareKept(last, id)
    },
    /** Compares the last event with the head. Returns its position, or null if the chain never had an event. */
    end(): ChainPoint | null {
      if (head === null && last.position > 0) find('has lost the head of its chain')
      if (head !== null && last.position < head.position)
        find(`missing at the end: ${numbers(last.position + 1, head.position)}`)
      if (head !== null && last.position > head.position)
        find(`continues beyond the head, which is at ${head.position}`)
      if (head?.position === last.position && !head.hash.equals(last.hash))
        find('is not the event that the head is the hash of', last.position)
      if (kept !== undefined && kept.position > last.position)
        find(`ends at position ${last.position}, and was at ${kept.position} when its head was kept`)
      return last.position > 0 ? last : null
    },
  }
}

function numbers(from: number, to: number): string {
  return from === to ? `position ${from}` : `positions ${from} to ${to}`
}

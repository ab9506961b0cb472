import { createHash } from 'node:crypto'
import type { Timestamp } from '../shared/timestamp.ts'

/** An activity event with its position in the chain of its namespace, with all values as the database has them. */
export interface ChainedEvent {
  readonly namespaceId: string
  /** From 1. */
  readonly position: number
  readonly id: string
  readonly at: Timestamp
  readonly action: string
  readonly actorKind: string
  readonly actorId: string | null
  readonly actorName: string
  readonly tokenId: string | null
  readonly tokenLabel: string | null
  readonly target: string
  /** With the length of the mask, as PostgreSQL writes `inet`. */
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
  /** As PostgreSQL writes `jsonb`. */
  readonly data: string
  readonly hash: Buffer
}

/** The hash before the first event of a chain. */
export const hashBeforeAll = Buffer.alloc(32)

/**
 * The correct hash of an event after one with the hash `previous`: SHA-256 of that hash and of the event as a JSON
 * array. The database computes the same (`activity_event_chain` in migration 0010).
 */
export function hashAfter(previous: Buffer, event: Omit<ChainedEvent, 'hash'>): Buffer {
  const fields = [
    event.namespaceId,
    event.position,
    event.id,
    event.at,
    event.action,
    event.actorKind,
    event.actorId,
    event.actorName,
    event.tokenId,
    event.tokenLabel,
    event.target,
    event.ipAddress,
    event.userAgent,
    event.requestId,
    event.data,
  ]
  const text = `[${fields.map((field) => JSON.stringify(field)).join(', ')}]`
  return createHash('sha256').update(previous).update(text).digest()
}

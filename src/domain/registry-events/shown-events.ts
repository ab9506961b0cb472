import { createHmac } from 'node:crypto'
import type { ImageEvent } from '../model/registry-event.ts'
import { surroundingNetwork } from '../shared/client-network.ts'
import type { EventParties } from './find-event-parties.ts'

/** What a namespace sees of an image event. */
export interface ShownEvent {
  readonly event: ImageEvent
  readonly parties: EventParties
  /** The pseudonym of the caller. Null: the namespace sees the caller. */
  readonly visitor: string | null
}

/**
 * What the namespaces that an event concerns see of it. Usually that is one, which sees everything. A pull of a public
 * repository by somebody of another namespace concerns two: that of the token or person sees everything, and that of
 * the repository sees the network and a pseudonym.
 */
export function shownEvents(event: ImageEvent, parties: EventParties, pseudonymKey: Buffer): readonly ShownEvent[] {
  if (!parties.isVisitor) return [{ event, parties, visitor: null }]
  const { homeId, namespaceId } = parties
  const visitor = pseudonymOf(homeId ?? event.subject, namespaceId, event.at, pseudonymKey)
  const ipAddress = event.ipAddress === null ? null : surroundingNetwork(event.ipAddress)
  const actor = { kind: 'SYSTEM', id: null, name: visitor } as const
  const masked = {
    event: { ...event, subject: '', ipAddress, userAgent: null, requestId: null },
    parties: { ...parties, actor, token: null, userId: null, homeId: null },
    visitor,
  }
  return homeId === null ? [masked] : [masked, { event, parties: { ...parties, namespaceId: homeId }, visitor: null }]
}

const pseudonymDigits = 12

/**
 * The name of a caller for a day (UTC) and a namespace. Another day or namespace has another name, so that nobody can
 * follow a caller, not even two owners together. Nobody without SECRET_KEY can compute the name of a known caller.
 */
function pseudonymOf(callerId: string, namespaceId: string, at: Date, pseudonymKey: Buffer): string {
  const dayKey = createHmac('sha256', pseudonymKey).update(at.toISOString().slice(0, 10)).digest()
  const hash = createHmac('sha256', dayKey).update(`${namespaceId} ${callerId}`).digest('hex')
  return `visitor-${hash.slice(0, pseudonymDigits)}`
}

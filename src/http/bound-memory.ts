import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientNetwork } from '../domain/shared/client-network.ts'
import { clientAddress } from './client-address.ts'
import { bodyLimitBytes } from './create-server.ts'
import { rejectForNow } from './shed-load.ts'

// Smaller responses and bodies are not counted: those of all connections together are less than the bound.
const countedFromBytes = 16 * 1024

// What is in memory of a file that the client does not read: chunks of 64 KiB in the stream, in the response, and on
// the way to the socket.
const streamBytes = 3 * 64 * 1024

/** How much memory requests can use at once, in bytes. */
export interface MemoryBounds {
  /** Responses that clients have not read. */
  readonly unreadBytes: number
  /** Bodies of requests in progress, of all clients. One network can use an eighth. */
  readonly bodyBytes: number
}

/** The bound that was reached: that of all clients or that of one network. */
export const bodyBounds = ['all', 'network'] as const
export type BodyBound = (typeof bodyBounds)[number]

export interface MemoryListeners {
  /** Called for each connection that was closed because its client did not read. */
  readonly onDropped: (reason: 'unread') => void
  /** Called for each request that was rejected because of its body. */
  readonly onRejectedBody: (bound: BodyBound) => void
}

const defaultBounds: MemoryBounds = { unreadBytes: 64 * 1024 * 1024, bodyBytes: 64 * 1024 * 1024 }
const shareOfNetwork = 1 / 8

/**
 * Bounds the memory that clients can use. If unread responses take too much, the connections with the oldest are
 * closed. Requests whose bodies exceed the bound are rejected before the bodies are read.
 */
export function boundMemory(
  app: FastifyInstance,
  { onDropped, onRejectedBody }: MemoryListeners,
  { unreadBytes, bodyBytes }: MemoryBounds = defaultBounds,
): void {
  // In the order in which they were sent.
  const unread = new Map<FastifyReply, number>()
  let unreadCount = 0
  app.addHook('onSend', (_request, reply, payload, done) => {
    const bytes = bytesInMemory(reply, payload)
    if (bytes >= countedFromBytes) {
      unread.set(reply, bytes)
      unreadCount += bytes
      reply.raw.once('close', () => {
        if (unread.delete(reply)) unreadCount -= bytes
      })
      for (const [oldest, size] of unread) {
        if (unreadCount <= unreadBytes) break
        unread.delete(oldest)
        unreadCount -= size
        oldest.raw.destroy()
        onDropped('unread')
      }
    }
    done()
  })

  const bodiesByNetwork = new Map<string, number>()
  let bodiesCount = 0
  app.addHook('onRequest', (request, reply, done) => {
    const bytes = bodyBytesOf(request)
    if (bytes < countedFromBytes) return done()
    const network = clientNetwork(clientAddress(request.ip))
    const ofNetwork = (bodiesByNetwork.get(network) ?? 0) + bytes
    const reached = ofNetwork > bodyBytes * shareOfNetwork ? 'network' : bodiesCount + bytes > bodyBytes ? 'all' : null
    if (reached !== null) {
      onRejectedBody(reached)
      return rejectForNow(request, reply)
    }
    bodiesCount += bytes
    bodiesByNetwork.set(network, ofNetwork)
    reply.raw.once('close', () => {
      bodiesCount -= bytes
      const left = (bodiesByNetwork.get(network) ?? bytes) - bytes
      if (left === 0) bodiesByNetwork.delete(network)
      else bodiesByNetwork.set(network, left)
    })
    done()
  })

  /** The memory of a body: the limit of its route, unless `content-length` is less. */
  function bodyBytesOf({ headers, routeOptions: { bodyLimit = bodyLimitBytes } }: FastifyRequest): number {
    if (headers['transfer-encoding'] !== undefined) return bodyLimit
    return Math.min(Number(headers['content-length'] ?? 0), bodyLimit)
  }
}

/** How much of a response is in memory until the client reads it. Exports bound themselves: they have no length. */
function bytesInMemory(reply: FastifyReply, payload: unknown): number {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) return payload.length
  const isStream = typeof payload === 'object' && payload !== null && 'pipe' in payload
  return isStream ? Math.min(Number(reply.getHeader('content-length') ?? 0), streamBytes) : 0
}

import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'

// Browsers and registry clients send one request at a time; a few programs send some ahead. Headers can have 16 KiB.
const maxSentAhead = 4
// Node reads ahead a part of larger bodies while they wait. Smaller bodies of all connections need little memory.
const maxBodyBytesAhead = 16 * 1024

const sentAhead: unique symbol = Symbol('requests sent ahead')
type CountingSocket = Socket & { [sentAhead]?: number }

/**
 * Handles the requests of a connection one after the other: each after the whole response to the previous one is sent.
 * A client can send requests ahead (RFC 9112, section 9.3.2), and if it read no responses, any number of them would
 * stay in memory. A connection is closed, and `onDropped` called, if more than 4 requests are sent ahead, or if one of
 * them has a large body or follows another one with a body.
 */
export function oneAtATime(handle: RequestListener, onDropped: () => void): RequestListener {
  return (request, response) => {
    const socket: CountingSocket = request.socket
    // Node sets the socket of a response when the previous responses are sent. For most requests, it is set already.
    if (response.socket !== null) return handle(request, response)
    const count = (socket[sentAhead] ?? 0) + 1
    const hasRoom = bodyBytesOf(request) === 0 ? count <= maxSentAhead : count === 1
    if (!hasRoom || bodyBytesOf(request) > maxBodyBytesAhead) {
      // More requests may have arrived with this one.
      if (!socket.destroyed) onDropped()
      socket.destroy()
      return
    }
    socket[sentAhead] = count
    response.once('socket', () => {
      socket[sentAhead] = (socket[sentAhead] ?? 1) - 1
      handle(request, response)
    })
  }
}

function bodyBytesOf({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY
  return Number(headers['content-length'] ?? 0)
}

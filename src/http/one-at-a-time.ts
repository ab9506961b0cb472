import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'

// Browsers and registry clients send one request at a time; a few programs send some ahead. Headers take up to 16 KiB each.
const maxSentAhead = 4
// What has a larger body waits with as much of it as Node reads ahead. Smaller ones of all connections are little together.
const maxBodyBytesAhead = 16 * 1024

const sentAhead: unique symbol = Symbol('requests sent ahead')
type CountingSocket = Socket & { [sentAhead]?: number }

/**
 * Handles the requests of a connection one after the other: the next when the client has been sent the whole answer to the one
 * before (RFC 9112, section 9.3.2, lets a client send them ahead). Otherwise a client that reads nothing could have any number
 * of answers made and kept in memory. A connection with more than 4 requests ahead, or one of them with a large body or behind
 * another with a body, is closed, and `onDropped` called.
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

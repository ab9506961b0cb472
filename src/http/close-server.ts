import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const drainMs = 2_000
// Long enough for a client that opens a connection for each request.
const quietMs = 500
const closingMs = 3_000
const checkMs = 100

/**
 * Waits until clients have left. Meanwhile, every response has `Connection: close`, and /readyz returns 503. Idle
 * connections stay open, because the next request may be on its way, and new connections are accepted, so that no
 * request is lost. Ends after two seconds, or after half a second without connections.
 */
export async function drainServer(server: FastifyInstance): Promise<void> {
  let quiet = 0
  for (let waited = 0; waited < drainMs && quiet < quietMs; waited += checkMs) {
    await sleep(checkMs)
    quiet = (await countConnections(server)) === 0 ? quiet + checkMs : 0
  }
}

function countConnections({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)))
}

/** Waits for requests in progress, but ends early enough for everything else to stop within 10 s after SIGTERM. */
export async function closeServer(server: FastifyInstance): Promise<void> {
  // Otherwise, a connection whose request ends after `close` has started stays open until the deadline.
  const sweep = setInterval(() => server.server.closeIdleConnections(), checkMs)
  const deadline = setTimeout(() => server.server.closeAllConnections(), closingMs)
  await server.close()
  clearInterval(sweep)
  clearTimeout(deadline)
}

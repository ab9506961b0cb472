import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const drainMs = 2_000
// Whoever would open a connection for each request has had the time to.
const quietMs = 500
const closingMs = 3_000
const checkMs = 100

/**
 * Waits until clients have left: every answer says `Connection: close` meanwhile, and /readyz is 503. Connections that are idle
 * stay open, since the next request may be on its way, and new ones are accepted, so that no request is lost. Ends after two
 * seconds, or when there was no connection for half a second.
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

/** Lets requests in flight end, for so long that all the rest can end within the 10 s after SIGTERM. */
export async function closeServer(server: FastifyInstance): Promise<void> {
  // A connection whose request ends after the closing began would stay open until the deadline.
  const sweep = setInterval(() => server.server.closeIdleConnections(), checkMs)
  const deadline = setTimeout(() => server.server.closeAllConnections(), closingMs)
  await server.close()
  clearInterval(sweep)
  clearTimeout(deadline)
}

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'

/** A received request. */
export interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The response of a receiver; by default 204. */
export type Answering = (response: ServerResponse, received: Received) => void

/** A receiver of webhooks on this machine. */
export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  /** Sets the response to later requests. */
  answering: Answering
  /** Waits until it has received so many requests, and returns them. */
  readonly waitFor: (count: number) => Promise<readonly Received[]>
  readonly stop: () => Promise<void>
}

export const respondWith =
  (status: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    response.writeHead(status, headers).end('what nobody reads')

export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = { url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
    received.push(one)
    receiver.answering(response, one)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${taken}/hook`,
    received,
    answering: respondWith(204),
    async waitFor(count) {
      await vi.waitFor(
        () => {
          if (received.length < count) throw new Error(`${received.length} of ${count} have come.`)
        },
        { timeout: 10_000, interval: 20 },
      )
      return received
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}

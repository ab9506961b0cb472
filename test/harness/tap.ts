import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy between a client and a PostgreSQL that observes what the client sends. */
export interface Tap {
  readonly port: number
  /** How each connection began, in the order of the connections. */
  readonly beginnings: () => readonly Beginning[]
  /** Closes every connection, forgets how they began, and leads to another port from now on. */
  turn(targetPort: number): void
  stop(): Promise<void>
}

/**
 * `TLS`: requested and used. `asked`: requested, and nothing was sent after that. `direct`: TLS from the first byte.
 * `plaintext`: anything else.
 */
export type Beginning = 'TLS' | 'asked' | 'direct' | 'plaintext'

// "SSLRequest" in https://www.postgresql.org/docs/current/protocol-message-formats.html
const sslRequest = Buffer.from('0000000804d2162f', 'hex')
const tlsHandshake = 0x16

/** Starts a tap for the server at a port of this machine. */
export async function startTap(targetPort: number): Promise<Tap> {
  let target = targetPort
  let sent: Buffer[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    const index = sent.push(Buffer.alloc(0)) - 1
    const database = keep(connect(target, '127.0.0.1'))
    keep(client).pipe(database).pipe(client)
    client.on('data', (data) => {
      const before = sent[index] ?? Buffer.alloc(0)
      if (before.length <= sslRequest.length) sent[index] = Buffer.concat([before, data])
    })
    client.on('close', () => database.destroy())
    database.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    beginnings: () => sent.filter((data) => data.length > 0).map(beginningOf),
    turn(port) {
      target = port
      for (const socket of sockets) socket.destroy()
      sent = []
    },
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

function beginningOf(data: Buffer): Beginning {
  if (data[0] === tlsHandshake) return 'direct'
  if (!data.subarray(0, sslRequest.length).equals(sslRequest)) return 'plaintext'
  if (data.length === sslRequest.length) return 'asked'
  return data[sslRequest.length] === tlsHandshake ? 'TLS' : 'plaintext'
}

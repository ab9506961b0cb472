import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { clientNetwork } from '../domain/usage/client-network.ts'
import { clientAddress } from './client-address.ts'

export interface ConnectionLimits {
  /** Connections at once, of all clients. */
  readonly maxConnections: number
  /** Whether an address is a proxy's. All clients behind it share its connections. */
  readonly isProxy: (address: string) => boolean
  /** Called for each connection that was closed because there were too many. */
  readonly onDropped: (reason: 'all' | 'network') => void
}

// One network cannot take the places of all others.
const shareOfNetwork = 1 / 8

/**
 * Closes connections beyond the limits at once: of all clients together, and of one network (an IPv4 address, or 64 bits of
 * IPv6), which may have an eighth of all. Those of proxies count for all only.
 */
export function limitConnections(server: Server, { maxConnections, isProxy, onDropped }: ConnectionLimits): void {
  const maxOfNetwork = Math.ceil(maxConnections * shareOfNetwork)
  const byNetwork = new Map<string, number>()
  server.maxConnections = maxConnections
  server.on('drop', () => onDropped('all'))
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress
    // A connection that has ended already has no address.
    if (address === undefined || isProxy(address)) return
    const network = clientNetwork(clientAddress(address))
    const count = (byNetwork.get(network) ?? 0) + 1
    if (count > maxOfNetwork) {
      onDropped('network')
      socket.resetAndDestroy()
      return
    }
    byNetwork.set(network, count)
    socket.once('close', () => {
      const left = (byNetwork.get(network) ?? 1) - 1
      if (left === 0) byNetwork.delete(network)
      else byNetwork.set(network, left)
    })
  })
}

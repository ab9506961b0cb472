import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { clientNetwork } from '../domain/shared/client-network.ts'
import { clientAddress } from './client-address.ts'

/** Why the server closed a connection: too many of all clients or of one network, or what one client makes it keep. */
export const dropReasons = ['all', 'network', 'idle', 'pipelined', 'unread'] as const
export type DropReason = (typeof dropReasons)[number]

export interface ConnectionLimits {
  /** Connections at once, of all clients. */
  readonly maxConnections: number
  /** Whether an address is a proxy's. All clients behind it share its connections. */
  readonly isProxy: (address: string) => boolean
  /** Called for each connection that was closed because there were too many. */
  readonly onDropped: (reason: DropReason) => void
}

// One network cannot take the places of all others.
const shareOfNetwork = 1 / 8
// Those that are being closed still count for Node.
const spareConnections = 64

const ofProxies = 'proxies'
// A property: a WeakMap of sockets would make each collection of garbage look at all of them.
const countedFor: unique symbol = Symbol('the network that a connection counts for')
type CountedSocket = Socket & { [countedFor]?: string }

/**
 * Closes connections beyond the limits at once: of all clients together, and of one network (an IPv4 address, or 64 bits of
 * IPv6), which may have an eighth of all. Those of proxies count for all only. Where all places are taken, the network with the
 * most connections loses one to a client of another: its oldest on which no request is under way, if there is one.
 */
export function limitConnections(server: Server, { maxConnections, isProxy, onDropped }: ConnectionLimits): void {
  const maxOfNetwork = Math.ceil(maxConnections * shareOfNetwork)
  const byNetwork = new Map<string, Set<CountedSocket>>()
  let count = 0

  /** Closes a connection of the largest network for one of a network that has so many. Returns false where that is not just. */
  function makeRoomBeside(ownCount: number): boolean {
    let largest: ReadonlySet<CountedSocket> = new Set()
    for (const sockets of byNetwork.values()) if (sockets.size > largest.size) largest = sockets
    const idle = [...largest].find(isIdle)
    const [oldest] = largest
    // Clients expect that an idle connection may end, so those of equals may be closed, too.
    const dropped = largest.size > ownCount + 1 ? (idle ?? oldest) : largest.size >= ownCount ? idle : undefined
    if (dropped === undefined) return false
    onDropped('idle')
    remove(dropped)
    dropped.resetAndDestroy()
    return true
  }

  function remove(socket: CountedSocket): void {
    const network = socket[countedFor]
    // Closed to make room before.
    if (network === undefined) return
    delete socket[countedFor]
    count--
    const sockets = byNetwork.get(network)
    sockets?.delete(socket)
    if (sockets?.size === 0) byNetwork.delete(network)
  }

  // Node would close what comes beyond without asking whether there is room to be made.
  server.maxConnections = maxConnections + spareConnections
  server.on('drop', () => onDropped('all'))
  server.on('connection', (socket: CountedSocket) => {
    const address = socket.remoteAddress
    // A connection that has ended already has no address.
    if (address === undefined) return
    const network = isProxy(address) ? ofProxies : clientNetwork(clientAddress(address))
    const ownCount = byNetwork.get(network)?.size ?? 0
    const reason =
      ownCount >= maxOfNetwork ? 'network' : count >= maxConnections && !makeRoomBeside(ownCount) ? 'all' : null
    if (reason !== null) {
      onDropped(reason)
      socket.resetAndDestroy()
      return
    }
    count++
    socket[countedFor] = network
    if (network !== ofProxies) byNetwork.set(network, (byNetwork.get(network) ?? new Set()).add(socket))
    socket.once('close', () => remove(socket))
  })
}

/** Whether no request is under way, or none has arrived. Node keeps the response that a connection is sent in this property. */
function isIdle(socket: Socket): boolean {
  return (Reflect.get(socket, '_httpMessage') ?? null) === null
}

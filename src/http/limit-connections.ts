import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { clientNetwork } from '../domain/shared/client-network.ts'
import { clientAddress } from './client-address.ts'

/**
 * Why the server closed a connection: too many connections of all clients or one network, or too much for one client.
 */
export const dropReasons = ['all', 'network', 'idle', 'pipelined', 'unread'] as const
export type DropReason = (typeof dropReasons)[number]

export interface ConnectionLimits {
  /** Maximum number of connections at once, of all clients. */
  readonly maxConnections: number
  /** Whether an address is a proxy, whose connections are shared by all clients behind it. */
  readonly isProxy: (address: string) => boolean
  /** Called for each connection that was closed because of too many connections. */
  readonly onDropped: (reason: DropReason) => void
}

// One network cannot take the places of all others.
const shareOfNetwork = 1 / 8
// Node still counts connections that are being closed.
const spareConnections = 64

const ofProxies = 'proxies'
// This is a property, because each garbage collection would visit all entries of a WeakMap.
const countedFor: unique symbol = Symbol('the network that a connection counts for')
type CountedSocket = Socket & { [countedFor]?: string }

/**
 * Closes new connections above the limits: the limit of all clients, and the limit of one network (an IPv4 address, or
 * 64 bits of an IPv6 address), which is an eighth of it. Connections of proxies count for the first only. If the first
 * is reached, a client of another network gets the place of a connection of the largest network: its oldest one without
 * a request in progress, if possible.
 */
export function limitConnections(server: Server, { maxConnections, isProxy, onDropped }: ConnectionLimits): void {
  const maxOfNetwork = Math.ceil(maxConnections * shareOfNetwork)
  const byNetwork = new Map<string, Set<CountedSocket>>()
  let count = 0

  /** Closes a connection of the largest network for a network that has `ownCount`. Returns false if that is unfair. */
  function makeRoomBeside(ownCount: number): boolean {
    let largest: ReadonlySet<CountedSocket> = new Set()
    for (const sockets of byNetwork.values()) if (sockets.size > largest.size) largest = sockets
    const idle = [...largest].find(isIdle)
    const [oldest] = largest
    // Clients expect that idle connections can be closed, so those of a network of the same size can be closed too.
    const dropped = largest.size > ownCount + 1 ? (idle ?? oldest) : largest.size >= ownCount ? idle : undefined
    if (dropped === undefined) return false
    onDropped('idle')
    remove(dropped)
    dropped.resetAndDestroy()
    return true
  }

  function remove(socket: CountedSocket): void {
    const network = socket[countedFor]
    // It was removed before, for another client.
    if (network === undefined) return
    delete socket[countedFor]
    count--
    const sockets = byNetwork.get(network)
    sockets?.delete(socket)
    if (sockets?.size === 0) byNetwork.delete(network)
  }

  // With exactly the maximum, Node would close new connections before this function can close others.
  server.maxConnections = maxConnections + spareConnections
  server.on('drop', () => onDropped('all'))
  server.on('connection', (socket: CountedSocket) => {
    const address = socket.remoteAddress
    // A connection that was closed already has no address.
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

/** Whether a connection has no request in progress. Node stores the current response in this property. */
function isIdle(socket: Socket): boolean {
  return (Reflect.get(socket, '_httpMessage') ?? null) === null
}

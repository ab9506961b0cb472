import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { clientNetwork } from '../domain/shared/client-network.ts'
import { clientAddress } from './client-address.ts'
import { holdMs } from './hold-denied.ts'

/** How many requests for tokens one network has under way at once; as many as keep a core busy. */
const maxUnderWay = 32

interface Lane {
  readonly network: string
  underWay: number
  /** Denied requests whose answer is held back. */
  held: number
  /** Those that wait, the first come first. */
  readonly waiting: Array<() => void>
}

interface Place {
  readonly lane: Lane
  readonly leave: () => void
}

// A property: a WeakMap of requests would make each collection of garbage look at all of them.
const place: unique symbol = Symbol('place at the token endpoint')

declare module 'fastify' {
  interface FastifyRequest {
    [place]: Place | null
  }
}

/**
 * Lets one network have so many requests at `/token` under way at once. The others wait for their turn, which takes them no
 * longer: more at once would only take the turns of other networks. Whoever opens ten times the connections gets no more. A
 * network that has more is told of a 429 a second later, so that asking in vain takes it time, and no others. Places are
 * taken once a body has arrived: a client that sends its body slowly keeps nobody waiting.
 */
export function shareTokenEndpoint(app: FastifyInstance): void {
  const lanes = new Map<string, Lane>()
  const forgetIdle = ({ network, underWay, held, waiting }: Lane) => {
    if (underWay + held + waiting.length === 0) lanes.delete(network)
  }
  app.decorateRequest(place, null)
  app.addHook('preHandler', (request, reply, done) => {
    if (!isTokenRequest(request)) return done()
    const { socket } = request.raw
    const network = clientNetwork(clientAddress(request.ip))
    const lane = lanes.get(network) ?? { network, underWay: 0, held: 0, waiting: [] }
    lanes.set(network, lane)
    const enter = () => {
      lane.underWay++
      const leaves = leavesOf(socket)
      const leave = () => {
        if (!leaves.delete(leave)) return
        lane.underWay--
        const next = lane.waiting.shift()
        if (next !== undefined) next()
        else forgetIdle(lane)
      }
      leaves.add(leave)
      // A client may have gone while it waited; then nobody is told any more.
      if (socket.destroyed) return leave()
      reply.raw.once('close', leave)
      request[place] = { lane, leave }
      done()
    }
    if (lane.underWay < maxUnderWay) enter()
    else lane.waiting.push(enter)
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    const taken = reply.statusCode === 429 ? request[place] : null
    if (taken === null) return done()
    const { lane, leave } = taken
    if (lane.underWay + lane.held + lane.waiting.length <= maxUnderWay) return done()
    lane.held++
    leave()
    setTimeout(() => {
      lane.held--
      forgetIdle(lane)
      done()
    }, holdMs).unref()
  })
}

const leavesOfSocket: unique symbol = Symbol('leave the token endpoint')

/**
 * How the requests of a connection give up their places. Where several were sent at once and the client has gone, the responses
 * of all but the first never end; the connection does.
 */
function leavesOf(socket: Socket & { [leavesOfSocket]?: Set<() => void> }): Set<() => void> {
  let leaves = socket[leavesOfSocket]
  if (leaves === undefined) {
    const all = new Set<() => void>()
    leaves = all
    socket[leavesOfSocket] = all
    socket.once('close', () => {
      for (const leave of [...all]) leave()
    })
  }
  return leaves
}

// The route, whatever form its path was written in.
function isTokenRequest({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === '/token'
}

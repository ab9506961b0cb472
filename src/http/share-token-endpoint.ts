import type { FastifyInstance, FastifyRequest } from 'fastify'
import { clientNetwork } from '../domain/usage/client-network.ts'
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
 * network that has more is told of a 429 a second later, so that asking in vain takes it time, and no others.
 */
export function shareTokenEndpoint(app: FastifyInstance): void {
  const lanes = new Map<string, Lane>()
  app.decorateRequest(place, null)
  const forgetIdle = ({ network, underWay, held, waiting }: Lane) => {
    if (underWay + held + waiting.length === 0) lanes.delete(network)
  }
  app.addHook('onRequest', (request, reply, done) => {
    if (!isTokenRequest(request)) return done()
    const network = clientNetwork(clientAddress(request.ip))
    const lane = lanes.get(network) ?? { network, underWay: 0, held: 0, waiting: [] }
    lanes.set(network, lane)
    let hasLeft = false
    const leave = () => {
      if (hasLeft) return
      hasLeft = true
      lane.underWay--
      const next = lane.waiting.shift()
      if (next !== undefined) next()
      else forgetIdle(lane)
    }
    const enter = () => {
      lane.underWay++
      // A client may have gone while it waited; then nobody is told any more.
      if (reply.raw.destroyed) return leave()
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

function isTokenRequest({ url }: FastifyRequest): boolean {
  return url.startsWith('/token') && (url.length === 6 || url[6] === '?')
}

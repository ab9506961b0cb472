import type { FastifyInstance, FastifyRequest } from 'fastify'
import { clientNetwork } from '../domain/shared/client-network.ts'
import { clientAddress } from './client-address.ts'
import { holdMs } from './hold-denied.ts'
import { rejectForNow } from './shed-load.ts'

/**
 * Maximum number of requests in progress at once of one network, by route. At the token endpoint and the API, this
 * keeps a core busy, and is less than the connections of the pool; a document can take 30 ms. An export can wait for a
 * slow client with a thousand rows in memory.
 */
const maxInProgress: Readonly<Record<string, number>> = {
  '/token': 32,
  '/graphql': 12,
  '/oauth/device': 4,
  '/oauth/token': 8,
  '/organizations/:name/activity.jsonl': 2,
  '/organizations/:name/activity.csv': 2,
  '/organizations/:name/usage.csv': 2,
}

/** How long a request waits for its turn at most, less than clients and proxies wait for a response. */
export const maxWaitMs = 10_000

interface Lane {
  readonly key: string
  readonly max: number
  inProgress: number
  /** Number of denied requests whose response is delayed. */
  held: number
  /** Waiting requests, in the order of arrival. */
  readonly waiting: Array<() => void>
}

interface Place {
  readonly lane: Lane
  readonly leave: () => void
}

// This is a property, because each garbage collection would visit all entries of a WeakMap.
const place: unique symbol = Symbol('place among the requests of a network')

declare module 'fastify' {
  interface FastifyRequest {
    [place]: Place | null
  }
}

/**
 * Limits the requests of a route that one network has in progress at once. Further requests wait, whatever the number
 * of connections: more requests at once would only delay other networks. At the token endpoint, a network with waiting
 * requests gets each 429 a second later, so that it cannot repeat denied requests quickly; this delays no other
 * network. A request takes its place when its body has arrived, so a client that sends slowly does not block others. A
 * request that waits for 10 seconds gets 503.
 */
export function shareByNetwork(app: FastifyInstance): void {
  const lanes = new Map<string, Lane>()
  const forgetIdle = ({ key, inProgress, held, waiting }: Lane) => {
    if (inProgress + held + waiting.length === 0) lanes.delete(key)
  }
  app.decorateRequest(place, null)
  app.addHook('preHandler', (request, reply, done) => {
    const route = request.routeOptions.url ?? ''
    const max = maxInProgress[route]
    if (max === undefined) return done()
    const { socket } = request.raw
    const key = `${route} ${clientNetwork(clientAddress(request.ip))}`
    const lane = lanes.get(key) ?? { key, max, inProgress: 0, held: 0, waiting: [] }
    lanes.set(key, lane)
    const enter = () => {
      lane.inProgress++
      let isInProgress = true
      const leave = () => {
        if (!isInProgress) return
        isInProgress = false
        lane.inProgress--
        const next = lane.waiting.shift()
        if (next === undefined) forgetIdle(lane)
        // After requests that have arrived from other networks in the meantime.
        else setImmediate(next)
      }
      // The client may have left while it waited; then nobody reads the response.
      if (socket.destroyed) return leave()
      reply.raw.once('close', leave)
      request[place] = { lane, leave }
      done()
    }
    if (lane.inProgress < max) return enter()
    const giveUp = () => {
      const index = lane.waiting.indexOf(takeTurn)
      // Its turn has just come.
      if (index < 0) return
      lane.waiting.splice(index, 1)
      rejectForNow(request, reply)
    }
    const timer = setTimeout(giveUp, maxWaitMs).unref()
    const takeTurn = () => {
      clearTimeout(timer)
      enter()
    }
    lane.waiting.push(takeTurn)
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    const taken = reply.statusCode === 429 && request.routeOptions.url === '/token' ? request[place] : null
    if (taken === null) return done()
    const { lane, leave } = taken
    if (lane.inProgress + lane.held + lane.waiting.length <= lane.max) return done()
    lane.held++
    leave()
    setTimeout(() => {
      lane.held--
      forgetIdle(lane)
      done()
    }, holdMs).unref()
  })
}

/** Releases the place of a request early, before it waits without work for the server. */
export function leavePlace(request: FastifyRequest): void {
  request[place]?.leave()
}

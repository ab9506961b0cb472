import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientNetwork } from '../domain/shared/client-network.ts'
import { clientAddress } from './client-address.ts'
import { Contention } from './contention.ts'
import { holdMs } from './hold-denied.ts'
import { others, shareOf, takesPlaceBeforeBody } from './network-shares.ts'
import { rejectForNow } from './shed-load.ts'

/**
 * How long the place of a request stays taken if it was rejected, or if its client is anonymous: `times` as long as the
 * request took, for each place of the share. All of them together then take a fifth of the server, however much work a
 * request is.
 */
const strangerPause = { times: 4, minMs: 100, maxMs: 2_000 } as const

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
  readonly network: string
  readonly contention: Contention
  readonly takenAt: number
  readonly leave: (pauseMs?: number) => void
}

// This is a property, because each garbage collection would visit all entries of a WeakMap.
const place: unique symbol = Symbol('place among the requests of a network')

declare module 'fastify' {
  interface FastifyRequest {
    [place]: Place | null
  }
}

/**
 * Limits the requests of a share that one network has in progress at once. Further requests wait, whatever the number
 * of connections: more requests at once would only delay other networks. At the token endpoint, a network with waiting
 * requests gets each 429 a second later, so that it cannot repeat denied requests quickly; this delays no other
 * network. A request takes its place when its body has arrived, so a client that sends slowly does not block others. A
 * request that waits for 10 seconds gets 503, and one whose client leaves is forgotten.
 */
export function shareByNetwork(app: FastifyInstance): void {
  const lanes = new Map<string, Lane>()
  const forgetIdle = ({ key, inProgress, held, waiting }: Lane) => {
    if (inProgress + held + waiting.length === 0) lanes.delete(key)
  }
  app.decorateRequest(place, null)
  const contention = new Contention()
  const waitForPlace = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { name, max, pauseMs } = shareOf(request)
    const { socket } = request.raw
    const network = clientNetwork(clientAddress(request.ip))
    const key = `${name} ${network}`
    const lane = lanes.get(key) ?? { key, max, inProgress: 0, held: 0, waiting: [] }
    lanes.set(key, lane)
    // A place goes from one request to the next, so that no request that arrives meanwhile can take it.
    const pass = () => {
      const next = lane.waiting.shift()
      // After requests that have arrived from other networks in the meantime.
      if (next !== undefined) return void setImmediate(next)
      lane.inProgress--
      forgetIdle(lane)
    }
    const start = () => {
      let isInProgress = true
      const leave = (ms = pauseMs) => {
        if (!isInProgress) return
        isInProgress = false
        if (ms > 0) setTimeout(pass, ms).unref()
        else pass()
      }
      // The client may have left while it waited; then nobody reads the response.
      if (socket.destroyed) return leave()
      // A client that disconnects early saves the server no work.
      reply.raw.once('close', () => (reply.raw.writableEnded ? leave() : leavePlaceOfStranger(request)))
      const takenAt = performance.now()
      contention.note(network, takenAt)
      request[place] = { lane, network, contention, takenAt, leave }
      done()
    }
    if (lane.inProgress < lane.max) {
      lane.inProgress++
      return start()
    }
    const stopWaiting = () => {
      clearTimeout(timer)
      const index = lane.waiting.indexOf(takeTurn)
      // Its turn has just come.
      if (index < 0) return false
      lane.waiting.splice(index, 1)
      return true
    }
    const timer = setTimeout(() => stopWaiting() && rejectForNow(request, reply), maxWaitMs).unref()
    const takeTurn = () => {
      clearTimeout(timer)
      start()
    }
    lane.waiting.push(takeTurn)
    // A client that has left no longer counts for the memory of bodies, so its body must not stay in memory.
    reply.raw.once('close', () => {
      if (stopWaiting()) request.body = undefined
    })
  }
  app.addHook('onRequest', (request, reply, done) => {
    if (takesPlaceBeforeBody(request)) waitForPlace(request, reply, done)
    else done()
  })
  app.addHook('preHandler', (request, reply, done) => {
    if (takesPlaceBeforeBody(request)) done()
    else waitForPlace(request, reply, done)
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    const taken = request[place]
    if (taken === null) return done()
    const { lane, leave } = taken
    const isBusy = lane.inProgress + lane.held + lane.waiting.length > lane.max
    if (reply.statusCode !== 429 || request.routeOptions.url !== '/token' || !isBusy) {
      // A client that does not read keeps nobody of its network waiting.
      if (shareOf(request) === others) leave()
      else if (reply.statusCode >= 400 && reply.statusCode < 500) leavePlaceOfStranger(request)
      return done()
    }
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

/**
 * The same for a request that was rejected or anonymous. While other networks have requests, its place stays taken for
 * a while; for 0.1 seconds if people wait for the result (`isSignIn`).
 */
export function leavePlaceOfStranger(request: FastifyRequest, { isSignIn = false } = {}): void {
  const taken = request[place]
  if (taken === null) return
  const now = performance.now()
  const { times, minMs, maxMs } = strangerPause
  const busyMs = (now - taken.takenAt) * taken.lane.max
  const pauseMs = isSignIn ? minMs : Math.min(Math.max(times * busyMs, minMs), maxMs)
  taken.leave(taken.contention.exists(taken.network, now) ? pauseMs : 0)
}

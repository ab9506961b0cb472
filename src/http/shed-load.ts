import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from './create-server.ts'
import { sendUnavailable } from './send-unavailable.ts'

/** The importance of a request, in the order in which requests are shed. */
export const sheddableImportances = ['interactive', 'registry'] as const
export type SheddableImportance = (typeof sheddableImportances)[number]

/** The delay of the event loop, in milliseconds, at which requests of an importance are shed. */
export interface LagLimits {
  readonly interactiveMs: number
  readonly registryMs: number
}

// People can wait and retry; registries and pipelines fail without a response.
const defaultLimits: LagLimits = { interactiveMs: 500, registryMs: 2_000 }
const sampleMs = 100
// The delay must last for so many samples: a garbage collection or a burst of requests is not an overload.
const samplesInRow = 5
const retryAfterSeconds = 2

const registryPaths = ['/token', '/registry/']
const operatorPaths = ['/livez', '/readyz', '/version', '/metrics', '/.well-known/']

/**
 * Rejects requests with 503 and `Retry-After` while the event loop is late, before authentication and before the body
 * is read: first requests of the API, and much later those of registries and their clients. Requests of operators are
 * never rejected.
 */
export function shedLoad(
  app: FastifyInstance,
  onShed: (importance: SheddableImportance) => void,
  limits: LagLimits = defaultLimits,
): void {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const samples: number[] = Array(samplesInRow).fill(0)
  let lagMs = 0
  const timer = setInterval(() => {
    samples.shift()
    samples.push(delay.percentile(50) / 1e6)
    lagMs = Math.min(...samples)
    delay.reset()
  }, sampleMs).unref()
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer)
    delay.disable()
    done()
  })
  app.addHook('onRequest', (request, reply, done) => {
    if (lagMs < limits.interactiveMs) return done()
    const importance = importanceOf(pathOf(request))
    if (importance === 'operator' || (importance === 'registry' && lagMs < limits.registryMs)) return done()
    onShed(importance)
    return rejectForNow(request, reply)
  })
}

function importanceOf(path: string): SheddableImportance | 'operator' {
  if (operatorPaths.some((prefix) => path.startsWith(prefix))) return 'operator'
  return registryPaths.some((prefix) => path.startsWith(prefix)) ? 'registry' : 'interactive'
}

const message = `The server is overloaded. Try again in ${retryAfterSeconds} seconds.`

/** Rejects a request during an overload, in the error format of the route. */
export function rejectForNow(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendUnavailable(request, reply, message, retryAfterSeconds)
}

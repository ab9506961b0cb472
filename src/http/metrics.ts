import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { EventOutcome } from './registry-events-route.ts'
import type { TokenOutcome } from './registry-routes.ts'

/** What is measured, for Prometheus. */
export interface Metrics {
  readonly registry: Registry
  readonly countTokenRequest: (outcome: TokenOutcome) => void
  readonly countRegistryEvents: (outcome: EventOutcome, count: number) => void
  /** An attempt to deliver a notice; what is pending after it is tried again. */
  readonly countShed: (importance: string) => void
  readonly countDropped: (reason: string) => void
  readonly countDelivery: (channel: string, status: string) => void
}

/** Measures of this process. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const tokenRequests = new Counter({
    name: 'postern_token_requests_total',
    help: 'Requests for a registry bearer token, by how they ended.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const registryEvents = new Counter({
    name: 'postern_registry_events_total',
    help: 'Notifications of registries, by what became of them.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const deliveries = new Counter({
    name: 'postern_delivery_attempts_total',
    help: 'Attempts to deliver a notice, by channel and what became of the delivery; pending: it is tried again.',
    labelNames: ['channel', 'outcome'],
    registers: [registry],
  })
  const shed = new Counter({
    name: 'postern_shed_requests_total',
    help: 'Requests that were refused because the event loop was late, by what they were for.',
    labelNames: ['importance'],
    registers: [registry],
  })
  const dropped = new Counter({
    name: 'postern_dropped_connections_total',
    help: 'Connections that were closed because there were too many, of all clients or of one network.',
    labelNames: ['reason'],
    registers: [registry],
  })
  return {
    registry,
    countShed: (importance) => shed.inc({ importance }),
    countDropped: (reason) => dropped.inc({ reason }),
    countTokenRequest: (outcome) => tokenRequests.inc({ outcome }),
    countRegistryEvents: (outcome, count) => registryEvents.inc({ outcome }, count),
    countDelivery: (channel, status) => deliveries.inc({ channel, outcome: status.toLowerCase() }),
  }
}

/** `GET /metrics`, and the duration of every request by route, of all routes that are registered after. */
export function measureRequests(app: FastifyInstance, { registry }: Metrics): void {
  const durations = new Histogram({
    name: 'postern_http_request_duration_seconds',
    help: 'How long requests took, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    // Only routes that exist: a label for every path that somebody tries would never end.
    const route = request.routeOptions.url ?? 'none'
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })
  // Anybody may ask, and writing the text takes milliseconds: all who ask meanwhile get the same.
  let written: Promise<string> | undefined
  app.get('/metrics', async (_request, reply) => {
    written ??= registry.metrics().finally(() => {
      written = undefined
    })
    return reply.type(registry.contentType).send(await written)
  })
}

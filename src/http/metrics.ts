import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type DeliveryStatus, deliveryStatuses } from '../domain/model/delivery.ts'
import { type DeliveryChannel, deliveryChannels } from '../domain/notice/deliverer.ts'
import { type BodyBound, bodyBounds } from './bound-memory.ts'
import { type DropReason, dropReasons } from './limit-connections.ts'
import { type EventOutcome, eventOutcomes } from './registry-events-route.ts'
import { type TokenOutcome, tokenOutcomes } from './registry-routes.ts'
import { type SheddableImportance, sheddableImportances } from './shed-load.ts'

/** The metrics for Prometheus. */
export interface Metrics {
  readonly registry: Registry
  readonly countTokenRequest: (outcome: TokenOutcome) => void
  readonly countRegistryEvents: (outcome: EventOutcome, count: number) => void
  readonly countShed: (importance: SheddableImportance) => void
  readonly countDropped: (reason: DropReason) => void
  readonly countRejectedBody: (bound: BodyBound) => void
  /** Counts an attempt to deliver a notification. Pending deliveries are tried again. */
  readonly countDelivery: (channel: DeliveryChannel, status: DeliveryStatus) => void
}

/** Creates the metrics of this process. `version` is the version of Postern. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'postern_build_info',
    help: 'The version of Postern that runs; the value is always 1.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1)
  const tokenRequests = counter(
    registry,
    'postern_token_requests_total',
    'Requests for a registry bearer token, by outcome.',
    { outcome: tokenOutcomes },
  )
  const registryEvents = counter(
    registry,
    'postern_registry_events_total',
    'Events that registries reported, by outcome.',
    { outcome: eventOutcomes },
  )
  const deliveries = counter(
    registry,
    'postern_delivery_attempts_total',
    'Attempts to deliver a notification, by channel and status of the delivery; pending: it is tried again.',
    { channel: deliveryChannels, outcome: deliveryStatuses.map(lowerCase) },
  )
  const shed = counter(
    registry,
    'postern_shed_requests_total',
    'Requests that were rejected because the event loop was late, by importance.',
    { importance: sheddableImportances },
  )
  const dropped = counter(
    registry,
    'postern_dropped_connections_total',
    'Connections that the server closed, by reason. all, network, idle: there were too many connections, of all ' +
      'clients or of one network, or an idle one gave way. pipelined: too many requests were sent ahead. unread: the ' +
      'client did not read its responses, and unread responses took too much memory.',
    { reason: dropReasons },
  )
  const rejectedBodies = counter(
    registry,
    'postern_refused_bodies_total',
    'Requests that were rejected with 503 because bodies took too much memory, of all clients or of one network.',
    { bound: bodyBounds },
  )
  return {
    registry,
    countShed: (importance) => shed.inc({ importance }),
    countDropped: (reason) => dropped.inc({ reason }),
    countRejectedBody: (bound) => rejectedBodies.inc({ bound }),
    countTokenRequest: (outcome) => tokenRequests.inc({ outcome }),
    countRegistryEvents: (outcome, count) => registryEvents.inc({ outcome }, count),
    countDelivery: (channel, status) => deliveries.inc({ channel, outcome: lowerCase(status) }),
  }
}

/**
 * Creates a counter with a sample of 0 for every combination of label values: Prometheus sees no increase in a series
 * whose first sample is 1.
 */
function counter<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  labels: Readonly<Record<Label, readonly string[]>>,
): Counter<Label> {
  const labelNames = Object.keys(labels) as Label[]
  const made = new Counter({ name, help, labelNames, registers: [registry] })
  let combinations: Array<Partial<Record<Label, string>>> = [{}]
  for (const label of labelNames)
    combinations = combinations.flatMap((some) => labels[label].map((value) => ({ ...some, [label]: value })))
  for (const combination of combinations) made.inc(combination, 0)
  return made
}

function lowerCase(status: DeliveryStatus): Lowercase<DeliveryStatus> {
  return status.toLowerCase() as Lowercase<DeliveryStatus>
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
    // Only existing routes, because clients can try any number of paths.
    const route = request.routeOptions.url ?? 'none'
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })
  // Any client can request it, and creating the text takes milliseconds. Concurrent requests share it, and it takes a
  // twentieth of the time at most.
  let written: Promise<string> | undefined
  let notBefore = 0
  const write = async () => {
    await sleep(Math.max(0, notBefore - performance.now()), undefined, { ref: false })
    const startedAt = performance.now()
    try {
      return await registry.metrics()
    } finally {
      const endedAt = performance.now()
      notBefore = endedAt + 20 * (endedAt - startedAt)
      written = undefined
    }
  }
  app.get('/metrics', async (request, reply) => {
    // At one path only, because a proxy blocks it by its path.
    if (request.originalUrl.split('?', 1)[0] !== '/metrics') return reply.callNotFound()
    written ??= write()
    return reply.type(registry.contentType).send(await written)
  })
}

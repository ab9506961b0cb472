import type { FastifyInstance } from 'fastify'
import type { SigningKey } from '../registry/signing-key.ts'
import type { TokenIssuer } from '../registry/token-issuer.ts'
import { activityRoutes } from './activity-routes.ts'
import { boundMemory } from './bound-memory.ts'
import { devicePage } from './device/device-page.ts'
import { type DeviceRoutesOptions, deviceRoutes } from './device/device-routes.ts'
import { loadOperations } from './graphiql/load-operations.ts'
import { registerGraphiql } from './graphiql/register-graphiql.ts'
import { type GraphqlRouteOptions, graphqlRoute } from './graphql-route.ts'
import { type HealthOptions, reportHealth } from './health-routes.ts'
import { type Metrics, measureRequests } from './metrics.ts'
import { parseBodies } from './parse-bodies.ts'
import { registryEventsRoute } from './registry-events-route.ts'
import { type RegistryRoutesOptions, registryRoutes } from './registry-routes.ts'
import { shareByNetwork } from './share-by-network.ts'
import { shedLoad } from './shed-load.ts'
import { usageRoute } from './usage-route.ts'

/** What the routes serve with. */
export interface RoutesOptions extends GraphqlRouteOptions, DeviceRoutesOptions, HealthOptions {
  readonly metrics: Metrics
  readonly startRegistryContext: RegistryRoutesOptions['startRequestContext']
  readonly issuer: TokenIssuer
  readonly signingKeys: readonly SigningKey[]
  readonly registryEventsSecret: string
}

/** Adds the limits that apply to every request, and then every route. */
export async function registerRoutes(server: FastifyInstance, options: RoutesOptions): Promise<void> {
  const { metrics, startRegistryContext } = options
  measureRequests(server, metrics)
  shedLoad(server, metrics.countShed)
  boundMemory(server, { onDropped: metrics.countDropped, onRejectedBody: metrics.countRejectedBody })
  shareByNetwork(server)
  parseBodies(server)
  reportHealth(server, options)
  await registerGraphiql(server, { operations: await loadOperations() })
  await server.register(graphqlRoute, options)
  await server.register(activityRoutes, options)
  await server.register(usageRoute, options)
  await server.register(registryRoutes, {
    ...options,
    startRequestContext: startRegistryContext,
    onOutcome: metrics.countTokenRequest,
  })
  await server.register(deviceRoutes, options)
  await server.register(devicePage)
  await server.register(registryEventsRoute, {
    secret: options.registryEventsSecret,
    lastUses: options.lastUses,
    startRequestContext: startRegistryContext,
    onOutcome: metrics.countRegistryEvents,
  })
}

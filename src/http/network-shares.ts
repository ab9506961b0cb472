import type { FastifyRequest } from 'fastify'
import { wantsGraphiql } from './graphiql/register-graphiql.ts'

/** What the requests of one network share. */
export interface Share {
  readonly name: string
  /** Maximum number of requests in progress at once. */
  readonly max: number
  /** How long a place stays taken after its request has ended. */
  readonly pauseMs: number
}

/**
 * At the token endpoint and the API, the maximum keeps a core busy, and is less than the connections of the pool; a
 * document can take 30 ms. An export can wait for a slow client with a thousand rows in memory. A registry sends one
 * report after the other.
 */
const shares: Readonly<Record<string, Share>> = Object.fromEntries(
  Object.entries({
    '/token': 32,
    '/graphql': 12,
    '/oauth/device': 4,
    '/oauth/token': 8,
    '/registry/events': 8,
    '/organizations/:name/activity.jsonl': 2,
    '/organizations/:name/activity.csv': 2,
    '/organizations/:name/usage.csv': 2,
  }).map(([name, max]) => [name, { name, max, pauseMs: 0 }]),
)

/**
 * The share of all other routes together: pages, their files, keys, health checks, and paths that do not exist. Each
 * request needs little work, so the pause limits what a flood of them takes: one network has 200 per second.
 */
export const others: Share = { name: 'other', max: 4, pauseMs: 20 }

/** The share that a request belongs to. */
export function shareOf(request: FastifyRequest): Share {
  const { url = others.name } = request.routeOptions
  const share = shares[url]
  return share === undefined || (url === '/graphql' && wantsGraphiql(request)) ? others : share
}

/** Whether the body does not matter, or only if the headers have the right secret. */
export function takesPlaceBeforeBody(request: FastifyRequest): boolean {
  return shareOf(request) === others || request.routeOptions.url === '/registry/events'
}

import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { RequestOrigin } from '../domain/policy/request-context.ts'
import { withoutSecrets } from '../domain/secrets/token-secret.ts'
import { databaseRetrySeconds, isDatabaseDown } from '../domain/shared/database-down.ts'
import { withoutBasePath } from './base-path.ts'
import { clientAddress, trustedProxies } from './client-address.ts'
import { type DropReason, limitConnections } from './limit-connections.ts'
import { oneAtATime } from './one-at-a-time.ts'

export interface ServerOptions {
  readonly logLevel: string
  /** Whose X-Forwarded-For counts. */
  readonly trustProxy: readonly string[]
  readonly maxConnections: number
  /** The path of `PUBLIC_URL`, which requests can have before that of a route; empty for none. */
  readonly basePath?: string
  /** Called for each connection that was closed to keep the server from being overloaded. */
  readonly onDroppedConnection?: (reason: DropReason) => void
}

/** The largest body that is read. */
export const bodyLimitBytes = 256 * 1024
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 65_000,
  // How late a timeout may be noticed. Node looks every 30 s unless it is told otherwise.
  connectionsCheckingInterval: 1_000,
}
// Of a connection on which nothing moves while a request is under way: a client that does not read its answer. The slowest
// honest request waits for a password, a lock and a statement.
const stalledConnectionTimeoutMs = 45_000

// What proxies write: UUIDs, ULIDs, trace ids, and ids with a machine or a time in them.
const requestId = /^\w[\w.:=+/-]{7,127}$/

/** The id that a trusted proxy gave the request, so that its log and ours can be compared; otherwise a new one. */
function requestIdOf({ headers, socket }: IncomingMessage, isProxy: (address: string) => boolean): string {
  const given = headers['x-request-id']
  const isTrusted = typeof given === 'string' && requestId.test(given) && isProxy(socket.remoteAddress ?? '')
  return isTrusted ? given : randomUUID()
}

/**
 * The HTTP server, without routes. Logs never hold a body, a header or a query string: secrets travel in each of them.
 * One line a request is logged at `debug`.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const limits = {
    maxConnections: options.maxConnections,
    isProxy: trustedProxies(options.trustProxy),
    onDropped: options.onDroppedConnection ?? (() => undefined),
  }
  const { basePath = '' } = options
  const app = fastify({
    logger: { level: options.logLevel, serializers: { err: describeError } },
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy.length > 0 ? trustedProxies(options.trustProxy) : false,
    bodyLimit: bodyLimitBytes,
    rewriteUrl: ({ url = '/' }) => withoutBasePath(url, basePath),
    serverFactory: (handle) => {
      // Fastify's listener takes what Node's server gives its own.
      const server = createHttpServer(
        timeouts,
        oneAtATime(handle as RequestListener, () => limits.onDropped('pipelined')),
      )
      server.setTimeout(stalledConnectionTimeoutMs)
      limitConnections(server, limits)
      return server
    },
    forceCloseConnections: 'idle',
    // What still comes while the server closes is answered like any other request, and its connection is closed.
    return503OnClosing: false,
    genReqId: (request) => requestIdOf(request, limits.isProxy),
    routerOptions: { maxParamLength: 500 },
    // A path that cannot be decoded; Fastify's own answer quotes it.
    frameworkErrors: (_error, _request, reply: Pick<FastifyReply, 'code'>) => {
      void reply.code(400).send({ error: sentenceFor(400) })
    },
  })
  // Hooks of every request call back: a promise for each takes longer than what they do.
  app.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    done()
  })
  if (options.logLevel === 'debug' || options.logLevel === 'trace')
    app.addHook('onResponse', (request, reply, done) => {
      request.log.debug({
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ip: request.ip,
      })
      done()
    })
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = answerTo(error, request, reply)
    return reply.code(status).send({ error: message })
  })
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is nothing at ${request.method} ${pathOf(request)}.` }),
  )
  return app
}

// PostgreSQL adds details that quote a whole row, with the hashes in it; they follow on lines of their own.
function describeError(error: unknown): { type: string; message: string; stack: string; code?: unknown } {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return { type: name, message: withoutSecrets(message.split('\n', 1)[0] ?? ''), stack: frames.join('\n'), code }
}

/** Where a request came from, for activity events. */
export function originOf(request: FastifyRequest): RequestOrigin {
  return {
    // A proxy can tell anything, and a connection that is gone has none.
    ipAddress: clientAddress(request.ip),
    userAgent: request.headers['user-agent'] ?? null,
    requestId: request.id,
  }
}

/** The path alone; the query string can hold a secret, and somebody may take the path for the place of one. */
export function pathOf(request: FastifyRequest): string {
  return withoutSecrets(request.url.split('?', 1)[0] ?? '/')
}

/** The status and message for an error that no handler took. Logs those of ours, and sets `Retry-After` where waiting helps. */
export function answerTo(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): { status: number; message: string } {
  const status = statusOf(error)
  if (status === 503) void reply.header('retry-after', databaseRetrySeconds)
  if (status >= 500) request.log.error({ err: error, path: pathOf(request) }, 'request failed')
  return { status, message: sentenceFor(status) }
}

function statusOf(error: unknown): number {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'statusCode') : undefined
  if (typeof status === 'number' && status >= 400 && status <= 599) return status
  return isDatabaseDown(error) ? 503 : 500
}

function sentenceFor(status: number): string {
  switch (status) {
    case 413:
      return `The body is too large; ${bodyLimitBytes / 1024} KiB are allowed.`
    case 415:
      return 'This content type is not understood here. Send JSON to /graphql, and a form to /token.'
    case 503:
      return 'The server is stopping or has lost its database. Try again shortly.'
    default:
      return status < 500
        ? 'The request is malformed. Check its body and headers.'
        : 'Something went wrong on the server; it has been logged. Try again, or tell whoever runs this server.'
  }
}

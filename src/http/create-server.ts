import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { RequestOrigin } from '../domain/policy/request-context.ts'
import { withoutSecrets } from '../domain/secrets/token-secret.ts'
import { clientText } from '../domain/shared/client-text.ts'
import { databaseRetrySeconds, isDatabaseUnavailable } from '../domain/shared/database-down.ts'
import { withoutBasePath } from './base-path.ts'
import { clientAddress, trustedProxies } from './client-address.ts'
import { type DropReason, limitConnections } from './limit-connections.ts'
import { oneAtATime } from './one-at-a-time.ts'

export interface ServerOptions {
  readonly logLevel: string
  /** Proxies whose X-Forwarded-For is trusted: addresses or ranges. */
  readonly trustProxy: readonly string[]
  readonly maxConnections: number
  /** The path of `PUBLIC_URL`, which paths of requests can start with. Can be empty. */
  readonly basePath?: string
  /** Called for each connection that was closed to keep the server from being overloaded. */
  readonly onDroppedConnection?: (reason: DropReason) => void
}

/** Maximum length of a request body, in bytes. */
export const bodyLimitBytes = 256 * 1024
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 65_000,
  // The delay with which a timeout is noticed. By default, Node checks every 30 s.
  connectionsCheckingInterval: 1_000,
}
// For a connection without traffic during a request: the client does not read the response. The slowest legitimate
// request waits for a password, a lock and a statement.
const stalledConnectionTimeoutMs = 45_000

// Browsers send about 150 characters.
const maxAcceptLength = 1_000

// What proxies write: UUIDs, ULIDs, trace ids, and ids with a machine or a time in them.
const requestId = /^\w[\w.:=+/-]{7,127}$/

/** The id that a trusted proxy gave the request, so that its log and ours can be compared; otherwise a new one. */
function requestIdOf({ headers, socket }: IncomingMessage, isProxy: (address: string) => boolean): string {
  const given = headers['x-request-id']
  const isTrusted = typeof given === 'string' && requestId.test(given) && isProxy(socket.remoteAddress ?? '')
  return isTrusted ? given : randomUUID()
}

/**
 * The HTTP server, without routes. Logs never contain bodies, headers or query strings, because each can contain a
 * secret. At level `debug`, one line per request is logged.
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
      // Fastify's listener accepts the requests and responses of Node's server.
      const server = createHttpServer(
        timeouts,
        oneAtATime(handle as RequestListener, () => limits.onDropped('pipelined')),
      )
      server.setTimeout(stalledConnectionTimeoutMs)
      limitConnections(server, limits)
      return server
    },
    forceCloseConnections: 'idle',
    // Requests that arrive while the server closes are handled, and then their connection is closed.
    return503OnClosing: false,
    genReqId: (request) => requestIdOf(request, limits.isProxy),
    routerOptions: { maxParamLength: 500 },
    // The path could not be decoded. Fastify's own response would quote it.
    frameworkErrors: (_error, _request, reply: Pick<FastifyReply, 'code'>) => {
      void reply.code(400).send({ error: sentenceFor(400) })
    },
  })
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    // A server may ignore the header (RFC 9110, section 12.5.1). To compare a long list takes milliseconds.
    if ((headers.accept?.length ?? 0) > maxAcceptLength) delete headers.accept
    done()
  })
  // Hooks of every request use callbacks, because a promise takes longer than their work.
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

// PostgreSQL adds further lines to messages, which quote whole rows with hashes. They are removed.
function describeError(error: unknown): { type: string; message: string; stack: string; code?: unknown } {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return { type: name, message: withoutSecrets(message.split('\n', 1)[0] ?? ''), stack: frames.join('\n'), code }
}

/** The origin of a request, for activity events. */
export function originOf(request: FastifyRequest): RequestOrigin {
  return {
    // A proxy can send anything, and a closed connection has no address.
    ipAddress: clientAddress(request.ip),
    userAgent: clientText(request.headers['user-agent']),
    requestId: request.id,
  }
}

/** The path without secrets. The query string can contain one, and a client can put one into the path by mistake. */
export function pathOf(request: FastifyRequest): string {
  return withoutSecrets(request.url.split('?', 1)[0] ?? '/')
}

/** The status and message for an unhandled error. Logs internal errors, and sets `Retry-After` if waiting helps. */
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
  return isDatabaseUnavailable(error) ? 503 : 500
}

function sentenceFor(status: number): string {
  switch (status) {
    case 413:
      return `The body is too large; ${bodyLimitBytes / 1024} KiB are allowed.`
    case 415:
      return 'This content type is not supported. Send JSON to /graphql, and a form to /token.'
    case 503:
      return 'The server is stopping or has lost its database. Try again shortly.'
    default:
      return status < 500
        ? 'The request is malformed. Check its body and headers.'
        : 'An internal error occurred and was logged. Try again, or ask the operator of this server.'
  }
}

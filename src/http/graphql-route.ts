import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server'
import fastifyCors from '@fastify/cors'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { databaseRetrySeconds, isDatabaseUnavailable } from '../domain/shared/database-down.ts'
import { Denied } from '../domain/shared/errors.ts'
import { ServiceLimits } from '../domain/shared/service-limits.ts'
import { type Context, createContext } from '../graphql/context.ts'
import { unauthenticatedError, unavailableError } from '../graphql/format-error.ts'
import { checkDocument } from '../graphql/limits/document-limits.ts'
import { checkValues } from '../graphql/limits/variable-limits.ts'
import { databaseWait } from '../graphql/wait-for-database.ts'
import {
  anonymousContext,
  authenticateRequest,
  hasSessionToken,
  type RequestContextSource,
} from './authenticate-request.ts'
import { answerTo } from './create-server.ts'
import { sendGraphiql, wantsGraphiql } from './graphiql/register-graphiql.ts'
import { holdDenied } from './hold-denied.ts'
import { limitFields, sendServiceLimits } from './send-service-limits.ts'
import { leavePlace, leavePlaceOfStranger } from './share-by-network.ts'

export interface GraphqlRouteOptions extends RequestContextSource {
  readonly apollo: ApolloServer<Context>
  /** The path of `PUBLIC_URL`. Can be empty. */
  readonly basePath: string
}

/**
 * `GET` and `POST /graphql` (GraphQL over HTTP), and GraphiQL for browsers. Apollo is called directly, because an
 * integration package between it and Fastify costs a seventh of the throughput.
 */
export async function graphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): Promise<void> {
  // Frontends have other origins. There are no cookies, so a page can only use a token that it has.
  await app.register(fastifyCors, {
    origin: '*',
    methods: ['GET', 'POST'],
    exposedHeaders: [...limitFields, 'www-authenticate', 'x-request-id'],
    maxAge: 600,
  })
  // Errors before Apollo is called, such as a body that is not JSON, also have the format of GraphQL.
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = answerTo(error, request, reply)
    const extensions =
      status === 503
        ? { code: 'SERVICE_UNAVAILABLE', retryAfter: databaseRetrySeconds }
        : { code: status < 500 ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR' }
    return reply.code(status).send({ errors: [{ message, extensions }] })
  })
  // Most people open the server's address first.
  app.get('/', (_request, reply) => reply.redirect(`${options.basePath}/graphql`))
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: async (request, reply) => {
      if (wantsGraphiql(request)) return sendGraphiql(reply)
      void reply.header('cache-control', 'no-store')
      request.body = membersOf(request.body)
      const limits = new ServiceLimits()
      let context: Context | null = null
      const response = await options.apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: toGraphqlRequest(request),
        context: async () => {
          const { query, variables, extensions } = sentIn(request)
          // Before anybody is authenticated: a request over a limit costs nothing more.
          if (typeof query === 'string') checkDocument(query)
          checkValues('variables', variables)
          checkValues('extensions', extensions)
          context = await contextOf(request, options, limits)
          if (context.rejection !== null) void reply.header('www-authenticate', invalidBearer)
          return context
        },
      })
      for (const [name, value] of response.headers) void reply.header(name, value)
      sendServiceLimits(reply, limits)
      const status = response.status ?? 200
      // A client that does not read keeps nobody of its network waiting.
      if (status >= 400 || isAnonymous(context)) leavePlaceOfStranger(request, { isSignIn: isMutation(context) })
      else leavePlace(request)
      await holdDenied(limits)
      void reply.code(statusFor(request, status))
      if (response.body.kind === 'complete') return reply.send(response.body.string)
      throw new TypeError('Apollo returned an incremental response, which this schema does not use.')
    },
  })
}

function isAnonymous(context: Context | null): boolean {
  return context === null || context.principal.kind === 'ANONYMOUS'
}

// Only mutations sign people in.
function isMutation(context: Context | null): boolean {
  return context?.operationType === 'mutation'
}

// RFC 6750, section 3. Browsers ask nobody for a password because of it.
const invalidBearer = 'Bearer realm="postern", error="invalid_token"'

function toGraphqlRequest(request: FastifyRequest): HTTPGraphQLRequest {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  const query = request.url.indexOf('?')
  return {
    method: request.method,
    headers,
    search: query < 0 ? '' : request.url.slice(query),
    body: request.body ?? '',
  }
}

interface Members {
  readonly query?: unknown
  readonly variables?: unknown
  readonly extensions?: unknown
}

/** The members of a body that are used. Others can be large, and a request can wait for a long time. */
function membersOf(body: unknown): unknown {
  if (!isObject(body) || Array.isArray(body)) return body
  const used = ['query', 'operationName', 'variables', 'extensions'].filter((name) => Object.hasOwn(body, name))
  return Object.fromEntries(used.map((name) => [name, Reflect.get(body, name)]))
}

/** The members of a request that have limits, as far as they are there. Node limits the length of a URL. */
function sentIn({ method, body, url }: FastifyRequest): Members {
  if (method !== 'GET') return isObject(body) ? body : {}
  const start = url.indexOf('?')
  return { query: new URLSearchParams(start < 0 ? '' : url.slice(start)).get('query') }
}

/**
 * A client that accepts only `application/json` gets status 200 for an invalid document (section 6.4.1 of the GraphQL
 * over HTTP draft), because other statuses could come from an intermediary.
 */
function statusFor(request: FastifyRequest, status: number): number {
  const accept = request.headers.accept ?? ''
  const isLegacy = accept.includes('application/json') && !accept.includes('application/graphql-response+json')
  return isLegacy && status === 400 && isObject(request.body) && 'query' in request.body ? 200 : status
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

async function contextOf(
  request: FastifyRequest,
  options: GraphqlRouteOptions,
  limits: ServiceLimits,
): Promise<Context> {
  try {
    return createContext(await authenticateRequest(request, options, limits))
  } catch (error) {
    if (error instanceof Denied) {
      if (error.code === 'UNAUTHENTICATED' && hasSessionToken(request, options))
        return createContext(anonymousContext(request, options, limits), error)
      limits.noteWait(error.wait)
      throw unauthenticatedError(error)
    }
    if (!isDatabaseUnavailable(error)) throw error
    request.log.error({ err: error }, 'fault')
    limits.noteOutage(databaseWait)
    throw unavailableError()
  }
}

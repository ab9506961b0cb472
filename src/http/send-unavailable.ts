import type { FastifyReply, FastifyRequest } from 'fastify'
import { allowAnyOrigin } from './allow-any-origin.ts'
import { pathOf } from './create-server.ts'

/** Sends 503 with `Retry-After`, in the error format of the route. */
export function sendUnavailable(
  request: FastifyRequest,
  reply: FastifyReply,
  message: string,
  retryAfterSeconds: number,
): FastifyReply {
  void reply.code(503).header('retry-after', retryAfterSeconds).header('cache-control', 'no-store')
  // The request is rejected before the hooks of the route, which otherwise do this.
  allowAnyOrigin(reply)
  const path = pathOf(request)
  if (path === '/graphql')
    return reply.send({
      errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', retryAfter: retryAfterSeconds } }],
    })
  if (path === '/token') return reply.send({ errors: [{ code: 'UNAVAILABLE', message }] })
  if (path.startsWith('/oauth/')) return reply.send({ error: 'temporarily_unavailable', error_description: message })
  return reply.send({ error: message })
}

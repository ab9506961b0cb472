import type { FastifyReply, FastifyRequest } from 'fastify'
import { allowAnyOrigin } from './allow-any-origin.ts'
import { pathOf } from './create-server.ts'

/** Sends 503 with `Retry-After`, in the form in which clients of the route read errors. */
export function sendUnavailable(
  request: FastifyRequest,
  reply: FastifyReply,
  message: string,
  retryAfterSeconds: number,
): FastifyReply {
  void reply.code(503).header('retry-after', retryAfterSeconds).header('cache-control', 'no-store')
  // Hooks of the route, which allow it, have not run where the request was refused before.
  allowAnyOrigin(reply)
  const path = pathOf(request)
  if (path === '/graphql')
    return reply.send({
      errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', retryAfter: retryAfterSeconds } }],
    })
  if (path === '/token') return reply.send({ errors: [{ code: 'UNAVAILABLE', message }] })
  return reply.send({ error: message })
}

import type { FastifyReply } from 'fastify'
import { limitFields } from './send-service-limits.ts'

/**
 * Lets pages of any origin read the response, and its headers about retries. Credentials of browsers are not allowed:
 * there are no cookies, and a page can only send a token that it has. `graphqlRoute` responds to preflight requests of
 * all paths.
 */
export function allowAnyOrigin(reply: FastifyReply, exposed: readonly string[] = []): void {
  void reply.headers({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': [...exposed, ...limitFields].join(', '),
  })
}

import type { FastifyReply } from 'fastify'
import { limitFields } from './send-service-limits.ts'

/**
 * Lets pages of any origin read the response, and those of its headers that say when to try again. Credentials are allowed to
 * none: there are no cookies, and a page can only send what it was given. Preflights are answered for all paths by
 * `graphqlRoute`.
 */
export function allowAnyOrigin(reply: FastifyReply, exposed: readonly string[] = []): void {
  void reply.headers({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': [...exposed, ...limitFields].join(', '),
  })
}

import type { FastifyInstance } from 'fastify'
import { UnparsedBody } from './parse-bodies.ts'

/** The maximum size of a form. */
export const formLimitBytes = 64 * 1024

/** Has routes read forms, as `URLSearchParams`. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: formLimitBytes },
    (_request, body, done) => done(null, new UnparsedBody(() => new URLSearchParams(String(body)))),
  )
}

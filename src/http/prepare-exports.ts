import type { FastifyInstance } from 'fastify'
import { type DenialCode, Denied, InvalidInput } from '../domain/shared/errors.ts'
import { ServiceLimits } from '../domain/shared/service-limits.ts'
import { allowAnyOrigin } from './allow-any-origin.ts'
import { answerTo } from './create-server.ts'
import { sendServiceLimits } from './send-service-limits.ts'

const statuses: Readonly<Record<DenialCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  TOO_MANY_REQUESTS: 429,
  SERVICE_UNAVAILABLE: 503,
}

/**
 * Prepares routes that send files: pages of any origin can request them, and errors are a status and a message in JSON.
 */
export function prepareExports(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    allowAnyOrigin(reply, ['content-disposition'])
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = statusAndSentence(error) ?? answerTo(error, request, reply)
    if (error instanceof Denied) {
      const limits = new ServiceLimits()
      limits.noteWait(error.wait)
      sendServiceLimits(reply, limits)
    }
    // A 401 names the expected scheme (RFC 9110, section 11.6.1).
    if (status === 401) void reply.header('www-authenticate', 'Bearer realm="postern"')
    // It was set before the first page failed.
    void reply.removeHeader('content-disposition')
    return reply.code(status).header('cache-control', 'no-store').type('application/json').send({ error: message })
  })
}

function statusAndSentence(error: unknown): { readonly status: number; readonly message: string } | null {
  if (error instanceof Denied) return { status: statuses[error.code], message: error.message }
  if (!(error instanceof InvalidInput)) return null
  const isMissing = error.userErrors.every(({ code }) => code === 'NOT_FOUND')
  return { status: isMissing ? 404 : 400, message: error.message }
}

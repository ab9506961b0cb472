import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { databaseRetrySeconds, isDatabaseUnavailable } from '../domain/shared/database-down.ts'
import { ServiceLimits } from '../domain/shared/service-limits.ts'
import type { LastUseRecorder } from '../domain/usage/last-use-recorder.ts'
import { handleTokenRequest, type UnauthenticatedContext } from '../registry/handle-token-request.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { certificateBundle, jsonWebKeySet, type SigningKey } from '../registry/signing-key.ts'
import type { TokenIssuer } from '../registry/token-issuer.ts'
import { parseGetRequest, parsePostRequest, type TokenRequest } from '../registry/token-request.ts'
import { acceptForms } from './accept-forms.ts'
import { allowAnyOrigin } from './allow-any-origin.ts'
import { originOf } from './create-server.ts'
import { sendServiceLimits } from './send-service-limits.ts'

export interface RegistryRoutesOptions {
  readonly issuer: TokenIssuer
  readonly lastUses: LastUseRecorder
  readonly signingKeys: readonly SigningKey[]
  readonly startRequestContext: () => Omit<UnauthenticatedContext, 'origin' | 'limits'>
  readonly onOutcome: (outcome: TokenOutcome) => void
}

/** The outcome of a request for a bearer token. */
export const tokenOutcomes = ['issued', 'unauthorized', 'too_many_requests', 'bad_request', 'failed'] as const
export type TokenOutcome = (typeof tokenOutcomes)[number]

/** The token server of registries: `GET` and `POST /token`, and the keys for verifying tokens. */
export async function registryRoutes(app: FastifyInstance, options: RegistryRoutesOptions): Promise<void> {
  const { issuer, lastUses, signingKeys, startRequestContext, onOutcome } = options
  acceptForms(app)
  // Errors before the handler is called: Fastify cannot read the body.
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = (error.statusCode ?? 500) < 500 ? noForm(error.statusCode) : asRegistryError(error)
    if (refusal.status >= 500) request.log.error({ err: error }, 'token request failed')
    onOutcome(outcomeOf(refusal))
    return sendError(reply.header('cache-control', 'no-store'), refusal)
  })
  app.route({
    method: ['GET', 'POST'],
    url: '/token',
    // Web pages that browse a registry also request tokens.
    onRequest: (_request, reply, done) => {
      allowAnyOrigin(reply)
      done()
    },
    handler: async (request, reply) => {
      void reply.header('cache-control', 'no-store')
      const limits = new ServiceLimits()
      try {
        const { authorization } = request.headers
        const parsed: TokenRequest =
          request.method === 'GET'
            ? parseGetRequest(queryOf(request.url), authorization, issuer)
            : parsePostRequest(formOf(request.body), authorization, issuer)
        const context = { ...startRequestContext(), origin: originOf(request), limits }
        const answer = await handleTokenRequest(context, parsed, issuer, lastUses)
        onOutcome('issued')
        return reply.send(answer)
      } catch (error) {
        const refusal = error instanceof RegistryError ? error : asRegistryError(error)
        if (refusal.status >= 500) request.log.error({ err: error }, 'token request failed')
        onOutcome(outcomeOf(refusal))
        // Every 401 is the same, byte by byte.
        if (refusal.status === 429) sendServiceLimits(reply, limits)
        return sendError(reply, refusal)
      }
    },
  })
  const bundle = certificateBundle(signingKeys)
  app.get('/registry/root.crt', (_request, reply) => reply.type('application/x-pem-file').send(bundle))
  const keySet = jsonWebKeySet(signingKeys)
  app.get('/.well-known/jwks.json', (_request, reply) => reply.type('application/jwk-set+json').send(keySet))
}

/** Fastify's own parser does not distinguish a parameter from a repeated parameter. */
function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf('?')
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark))
}

function formOf(body: unknown): URLSearchParams {
  if (body instanceof URLSearchParams) return body
  throw noForm()
}

function noForm(status = 400): RegistryError {
  const message = 'Send a form of 64 KiB at most: Content-Type: application/x-www-form-urlencoded.'
  return new RegistryError({ status, code: 'UNSUPPORTED', message })
}

function asRegistryError(error: unknown): RegistryError {
  if (isDatabaseUnavailable(error))
    return new RegistryError({
      status: 503,
      code: 'UNAVAILABLE',
      message: 'the database of the token server is unavailable; try again shortly',
      retryAfterSeconds: databaseRetrySeconds,
    })
  return new RegistryError({
    status: 500,
    code: 'UNKNOWN',
    message: 'an internal error of the token server occurred and was logged',
  })
}

function outcomeOf({ status }: RegistryError): TokenOutcome {
  if (status === 401) return 'unauthorized'
  if (status === 429) return 'too_many_requests'
  return status < 500 ? 'bad_request' : 'failed'
}

function sendError(reply: FastifyReply, refusal: RegistryError): FastifyReply {
  // A 401 names the expected scheme (RFC 9110, section 11.6.1).
  if (refusal.status === 401) void reply.header('www-authenticate', 'Basic realm="postern", charset="UTF-8"')
  if (refusal.retryAfterSeconds !== undefined) void reply.header('retry-after', refusal.retryAfterSeconds)
  return reply.code(refusal.status).send(refusal.toBody())
}

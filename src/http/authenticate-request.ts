import type { FastifyRequest } from 'fastify'
import { authenticateBearer } from '../domain/identity/authenticate-bearer.ts'
import { anonymous, type Principal } from '../domain/policy/principal.ts'
import type { LongRequestContext, RequestContext } from '../domain/policy/request-context.ts'
import { readSecret } from '../domain/secrets/token-secret.ts'
import { Denied } from '../domain/shared/errors.ts'
import { ServiceLimits } from '../domain/shared/service-limits.ts'
import { type LastUseRecorder, recordUse } from '../domain/usage/last-use-recorder.ts'
import { originOf } from './create-server.ts'
import { leavePlace } from './share-by-network.ts'

/** What the context of a request needs besides the request. */
export interface RequestContextSource {
  readonly lastUses: LastUseRecorder
  /** Creates the context of a request without its principal and origin. */
  readonly startRequestContext: () => Pick<RequestContext, 'em' | 'now' | 'settings' | 'refusals' | 'guesses'>
}

/**
 * Creates the context of a request, with a bearer secret or anonymous. Throws `Denied` if the secret is rejected
 * (UNAUTHENTICATED) or there were too many attempts (TOO_MANY_REQUESTS).
 */
export async function authenticateRequest(
  request: FastifyRequest,
  { lastUses, startRequestContext }: RequestContextSource,
  limits = new ServiceLimits(),
): Promise<LongRequestContext> {
  const context = { ...startRequestContext(), origin: originOf(request), limits }
  const { authorization } = request.headers
  const authenticateAt = async (now: Date) =>
    authorization === undefined ? anonymous : principalOf(authorization, { ...context, now })
  const principal = await authenticateAt(context.now)
  const authenticated = {
    ...context,
    principal,
    reauthenticate: () => authenticateAt(startRequestContext().now),
    leavePlace: () => leavePlace(request),
  }
  await recordUse(authenticated, lastUses, null)
  return authenticated
}

/** The context of a request whose session token was rejected. */
export function anonymousContext(
  request: FastifyRequest,
  { startRequestContext }: RequestContextSource,
  limits: ServiceLimits,
): LongRequestContext {
  const principal = anonymous
  return {
    ...startRequestContext(),
    origin: originOf(request),
    limits,
    principal,
    reauthenticate: async () => principal,
    leavePlace: () => leavePlace(request),
  }
}

/** Whether the bearer secret is a session token, valid or not. */
export function hasSessionToken({ headers }: FastifyRequest, { startRequestContext }: RequestContextSource): boolean {
  const bearer = bearerIn(headers.authorization)
  return bearer !== undefined && readSecret(startRequestContext().settings.tokenBrand, bearer)?.secret?.kind === 'ses'
}

function bearerIn(authorization: string | undefined): string | undefined {
  return /^bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1]
}

async function principalOf(authorization: string, context: Omit<RequestContext, 'principal'>): Promise<Principal> {
  const bearer = bearerIn(authorization)
  if (bearer === undefined)
    throw new Denied('UNAUTHENTICATED', 'Send the header as `Authorization: Bearer <session token or access token>`.')
  return authenticateBearer(context, bearer)
}

import type { FastifyRequest } from 'fastify'
import { authenticateBearer } from '../domain/identity/authenticate.ts'
import type { Call } from '../domain/policy/call.ts'
import { anonymous, type Principal } from '../domain/policy/principal.ts'
import { Denied } from '../domain/shared/errors.ts'
import { ServiceLimits } from '../domain/shared/service-limits.ts'
import type { LastUseRecorder } from '../domain/usage/last-use-recorder.ts'
import { noteUse } from '../domain/usage/note-use.ts'
import { originOf } from './create-server.ts'

/** What calls are made of, beside the request. */
export interface CallSource {
  readonly lastUses: LastUseRecorder
  /** Everything of a call but who calls and from where. */
  readonly startCall: () => Pick<Call, 'em' | 'now' | 'settings' | 'refusals' | 'guesses'>
}

/**
 * The call that a request makes, with a bearer secret or without. Throws `Denied` for a bad one: UNAUTHENTICATED, and
 * TOO_MANY_REQUESTS when there were too many.
 */
export async function authenticateRequest(
  request: FastifyRequest,
  { lastUses, startCall }: CallSource,
  limits = new ServiceLimits(),
): Promise<Call> {
  const call = { ...startCall(), origin: originOf(request), limits }
  const authenticated = { ...call, principal: await principalOf(request.headers.authorization, call) }
  await noteUse(authenticated, lastUses, null)
  return authenticated
}

async function principalOf(authorization: string | undefined, call: Omit<Call, 'principal'>): Promise<Principal> {
  if (authorization === undefined) return anonymous
  const bearer = /^bearer\s+(\S+)\s*$/i.exec(authorization)?.[1]
  if (bearer === undefined)
    throw new Denied('UNAUTHENTICATED', 'Send the header as `Authorization: Bearer <session token or access token>`.')
  return authenticateBearer(call, bearer)
}

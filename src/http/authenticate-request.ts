import type { FastifyRequest } from 'fastify'
import { authenticateBearer } from '../domain/access/authenticate.ts'
import { anonymous, type Principal } from '../domain/access/principal.ts'
import type { Call } from '../domain/call.ts'
import { Denied } from '../domain/errors.ts'
import type { LastUseRecorder } from '../domain/usage/last-use-recorder.ts'
import { noteUse } from '../domain/usage/note-use.ts'
import { originOf } from './create-server.ts'

export interface CallOptions {
  readonly lastUses: LastUseRecorder
  /** Everything of a call but who calls and from where. */
  readonly startCall: () => Pick<Call, 'em' | 'now' | 'settings'>
}

/**
 * The call that a request makes on the domain, by the bearer secret in its header; without one it is anonymous. A token's use is
 * noted. Throws `Denied` (UNAUTHENTICATED) for a bad secret.
 */
export async function authenticateRequest(request: FastifyRequest, options: CallOptions): Promise<Call> {
  const call = { ...options.startCall(), origin: originOf(request) }
  const principal = await principalOf(request.headers.authorization, call)
  const authenticated = { ...call, principal }
  await noteUse(authenticated, options.lastUses, null)
  return authenticated
}

async function principalOf(authorization: string | undefined, call: Omit<Call, 'principal'>): Promise<Principal> {
  if (authorization === undefined) return anonymous
  const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (bearer === undefined)
    throw new Denied('UNAUTHENTICATED', 'Send the header as `Authorization: Bearer <session token or access token>`.')
  return authenticateBearer(call, bearer)
}

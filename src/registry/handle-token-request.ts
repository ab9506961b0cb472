import { recordRegistrySignIn } from '../domain/account/record-registry-sign-in.ts'
import { anonymous, type Principal, personBehind, usedToken } from '../domain/policy/principal.ts'
import { authenticateBasic } from '../domain/registry-access/authenticate-basic.ts'
import {
  grantRepositoryAccess,
  PullLimitReached,
  SubjectDeleted,
} from '../domain/registry-access/grant-repository-access.ts'
import type { RegistryContext } from '../domain/registry-access/lookups.ts'
import { recordInvalidNames } from '../domain/registry-access/record-denied-access.ts'
import { Denied } from '../domain/shared/errors.ts'
import { type LastUseRecorder, recordUse } from '../domain/usage/last-use-recorder.ts'
import { RegistryError } from './registry-error.ts'
import type { TokenIssuer } from './token-issuer.ts'
import { badCredentials, type TokenRequest } from './token-request.ts'

/** The body of a successful response (Distribution's token authentication specification, "Token response fields"). */
export interface TokenResponse {
  readonly token: string
  readonly access_token: string
  /** Seconds from `issued_at`. Clients do not expect less than 60. */
  readonly expires_in: number
  readonly issued_at: string
}

/** The context of a request before authentication: the credentials are in the request. */
export type UnauthenticatedContext = Omit<RegistryContext, 'principal'>

/**
 * Handles a request for a bearer token in four steps: authenticate, authorize, record the use, sign. Throws
 * `RegistryError` (401 for rejected credentials; 429 after too many of them, if all pulls are used up, or if too many
 * passwords wait for verification).
 */
export async function handleTokenRequest(
  context: UnauthenticatedContext,
  request: TokenRequest,
  issuer: TokenIssuer,
  lastUses: LastUseRecorder,
): Promise<TokenResponse> {
  const principal = await authenticate(context, request)
  const wanted = request.scopes.filter((scope) => scope.type === 'repository')
  const invalid = request.scopes.filter((scope) => scope.type === 'invalid repository')
  const authenticated = { ...context, principal }
  // A request without scopes only checks the credentials: it is a `docker login`.
  if (request.scopes.length === 0) {
    await recordRegistrySignIn(authenticated)
    context.logins.note(authenticated)
  }
  recordInvalidNames(
    authenticated,
    invalid.map(({ name }) => name),
  )
  const access = await authorize(authenticated, wanted, lastUses)
  await recordUse(authenticated, lastUses, access[0]?.name ?? null)

  const subject = usedToken(principal)?.id ?? personBehind(principal)?.user.id ?? ''
  const granted = access.map(({ name, actions }) => ({ type: 'repository' as const, name, actions }))
  const { token, expiresInSeconds } = issuer.issue(subject, granted, context.now)
  return {
    token,
    access_token: token,
    expires_in: expiresInSeconds,
    issued_at: context.now.toISOString(),
  }
}

async function authenticate(context: UnauthenticatedContext, { credentials }: TokenRequest): Promise<Principal> {
  if (credentials === null) return anonymous
  try {
    const principal = await authenticateBasic(context, credentials)
    if (principal !== null) return principal
  } catch (error) {
    if (!(error instanceof Denied)) throw error
    context.limits.noteWait(error.wait)
    throw new RegistryError({ status: 429, code: 'TOOMANYREQUESTS', message: lowerFirst(error.message) })
  }
  throw badCredentials()
}

async function authorize(
  context: RegistryContext,
  wanted: Parameters<typeof grantRepositoryAccess>[1],
  lastUses: LastUseRecorder,
) {
  try {
    return await grantRepositoryAccess(context, wanted)
  } catch (error) {
    if (error instanceof SubjectDeleted) throw badCredentials()
    if (!(error instanceof PullLimitReached)) throw error
    // The credentials were accepted, so this counts as a use.
    await recordUse(context, lastUses, null)
    const { whose, otherwise } = wordsFor(context.principal)
    throw new RegistryError({
      status: 429,
      code: 'TOOMANYREQUESTS',
      message: `all ${error.limit} ${whose} are used up; pull again after ${error.resetsAt.toISOString()}${otherwise}`,
      retryAfterSeconds: (error.resetsAt.getTime() - context.now.getTime()) / 1000,
    })
  }
}

/** The words for whose pulls are used up, and for alternatives to waiting. */
function wordsFor(principal: Principal): { readonly whose: string; readonly otherwise: string } {
  if (principal.kind === 'ANONYMOUS')
    return { whose: 'pulls from your address without a login in the usage window', otherwise: ', or log in for more' }
  if (personBehind(principal) !== null)
    return { whose: 'pulls of yours in the usage window, with every token and the password,', otherwise: '' }
  return { whose: 'pulls of the usage window', otherwise: ', or ask an owner of the organization for a higher limit' }
}

/** Clients add their own words in front of the message. */
function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}

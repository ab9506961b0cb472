import type { FastifyReply } from 'fastify'
import { databaseRetrySeconds, isDatabaseUnavailable } from '../../domain/shared/database-down.ts'
import { Denied, InvalidInput } from '../../domain/shared/errors.ts'

/** The codes of RFC 6749, section 5.2, and RFC 8628, section 3.5, that Postern uses. */
export const oauthErrorCodes = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unsupported_grant_type',
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'temporarily_unavailable',
  'server_error',
] as const
export type OAuthErrorCode = (typeof oauthErrorCodes)[number]

/** An error in the format of OAuth. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  /** The HTTP status. */
  readonly status: number

  constructor(code: OAuthErrorCode, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** Any error as one of OAuth. Faults of ours show nothing of themselves. */
export function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof InvalidInput)
    return new OAuthError('invalid_request', error.userErrors.map(({ message }) => message).join(' '))
  // Neither RFC has a code for it. Clients that know `slow_down` wait longer, and others show the message.
  if (error instanceof Denied) return new OAuthError('slow_down', error.message, 429)
  if (isDatabaseUnavailable(error))
    return new OAuthError('temporarily_unavailable', 'The database is not available. Try again shortly.', 503)
  return new OAuthError('server_error', 'Something went wrong on the server; it has been logged.', 500)
}

/** Sends an error as RFC 6749, section 5.2, describes. */
export function sendOAuthError(reply: FastifyReply, { code, message, status }: OAuthError): FastifyReply {
  // The client is named in the form, and authenticates in no way; the RFC wants the scheme that it used.
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="postern"')
  if (status === 503) void reply.header('retry-after', databaseRetrySeconds)
  return reply.code(status).send({ error: code, error_description: toDescription(message) })
}

/** The RFC allows printable ASCII without quotation marks and backslashes. */
function toDescription(message: string): string {
  return message.replaceAll('"', "'").replace(/[^\x20-\x5b\x5d-\x7e]/g, '?')
}

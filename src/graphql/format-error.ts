import { unwrapResolverError } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { withoutSecrets } from '../domain/secrets/token-secret.ts'
import { databaseRetrySeconds, isDatabaseUnavailable } from '../domain/shared/database-down.ts'
import { Denied } from '../domain/shared/errors.ts'

/** Apollo's codes for invalid documents and variables. Clients receive one code for all of them. */
const clientErrorCodes = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
])

/**
 * Decides what clients see of an error. They see two kinds of messages: those for callers (`Denied`), and those of
 * graphql-js about an invalid document or variables, without the values, which can be secrets. All other errors are
 * internal: they are passed to `logFault`, and the client receives a general message.
 */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  logFault: (error: unknown) => void,
): GraphQLFormattedError {
  const cause = unwrapResolverError(error)
  const place = {
    ...(formatted.locations && { locations: formatted.locations }),
    ...(formatted.path && { path: formatted.path }),
  }
  if (cause instanceof Denied) return { message: cause.message, ...place, extensions: extensionsOf(cause) }
  const code = formatted.extensions?.code
  if (code === 'UNAUTHENTICATED') return { message: formatted.message, extensions: { code } }
  if (code === 'TOO_MANY_REQUESTS' || code === 'SERVICE_UNAVAILABLE')
    return { message: formatted.message, extensions: { code, retryAfter: formatted.extensions?.retryAfter } }
  if ((typeof code === 'string' && clientErrorCodes.has(code)) || isWrongArgument(cause))
    return { message: withoutValues(formatted.message), ...place, extensions: { code: 'BAD_USER_INPUT' } }

  logFault(cause)
  if (isDatabaseUnavailable(cause)) return { message: unavailable, ...place, extensions: unavailableExtensions }
  return {
    message: 'An internal error occurred and was logged. Try again, or ask the operator of this server.',
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  }
}

/** Whether graphql-js found an invalid argument during execution: null for a variable with a default. */
function isWrongArgument(cause: unknown): boolean {
  return cause instanceof GraphQLError && cause.message.startsWith('Argument "')
}

const maxMessageLength = 1_000

/** Removes the values that graphql-js quotes, because a client can send a secret by mistake. Names and types stay. */
function withoutValues(message: string): string {
  // The message quotes a long value, and matching the patterns would be slow.
  if (message.length > maxMessageLength) return 'The document or its variables are invalid. Check their types.'
  const [, variable] = /^(Variable "\$\w+") got invalid value /.exec(message) ?? []
  if (variable !== undefined) return withoutSecrets(`${variable}${placeIn(message)} is invalid: ${reasonIn(message)}`)
  return withoutSecrets(message)
    .replace(/^(Unknown operation) named ".*"/s, '$1')
    .replace(/^(Argument "\w+") has invalid value .*$/s, '$1 is invalid. Check its type.')
    .replace(/\b(String|BlockString|Int|Float) ".*"/s, '$1')
    .replace(/^Value ".*" does not exist in (".*?" enum).*$/s, 'Write one of the values of the $1.')
    .replace(/^(Expected (?:value of )?type ".*?").*$/s, '$1.')
    .replace(/(,? found) .*$/s, '$1 something else.')
    .replace(/(cannot represent [^:]*):.*$/s, '$1.')
}

function placeIn(message: string): string {
  return /^.*( at "[\w.[\]]+"); /s.exec(message)?.[1] ?? ''
}

// The ends of the messages of coerceInputValue of graphql-js, which follow the value. The patterns match only names, so
// that no part of a value can match.
const reasons = [
  /; (Expected non-nullable type "[\w![\]]+" not to be null\.)$/,
  /; (Expected type "[\w![\]]+" to be an object\.)$/,
  /; (Field "\w+" of required type "[\w![\]]+" was not provided\.)$/,
  /; (Field "\w+" is not defined by type "\w+"\.(?: Did you mean [\w", ]+\?)?)$/,
  /; (Exactly one key must be specified for OneOf type "\w+"\.)$/,
]

function reasonIn(message: string): string {
  for (const pattern of reasons) {
    const [, reason] = pattern.exec(message) ?? []
    if (reason !== undefined) return reason
  }
  const [, value] = /^.*; (?:\w+ )?Value ".*" does not exist in ("\w+" enum)\./s.exec(message) ?? []
  if (value !== undefined) return `Write one of the values of the ${value}.`
  const [, type] = /^.*; (?:Expected type "\w+"\. )?(\w+ cannot represent [\w -]+)[:.]/s.exec(message) ?? []
  return type === undefined ? 'The value does not fit its type.' : `${type}.`
}

const unavailable = `The database is unavailable. Try again in ${databaseRetrySeconds} seconds.`
const unavailableExtensions = { code: 'SERVICE_UNAVAILABLE', retryAfter: databaseRetrySeconds } as const

/** The error if the database is unavailable before any resolver runs, with its HTTP status. */
export function unavailableError(): GraphQLError {
  return new GraphQLError(unavailable, { extensions: { ...unavailableExtensions, http: { status: 503 } } })
}

/** The error of a rejected secret before any resolver runs, with its HTTP status: 401, or 429 after too many. */
export function unauthenticatedError(error: Denied): GraphQLError {
  const status = error.code === 'TOO_MANY_REQUESTS' ? 429 : 401
  return new GraphQLError(error.message, { extensions: { ...extensionsOf(error), http: { status } } })
}

/** The code, and the seconds to wait if waiting helps. */
function extensionsOf({ code, wait }: Denied): { readonly code: string; readonly retryAfter?: number } {
  return wait === null ? { code } : { code, retryAfter: wait.seconds }
}

import { unwrapResolverError } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { withoutSecrets } from '../domain/secrets/token-secret.ts'
import { databaseRetrySeconds, isDatabaseBusy, isDatabaseDown } from '../domain/shared/database-down.ts'
import { Denied } from '../domain/shared/errors.ts'

/** Codes of Apollo's for a document or variables that are wrong; clients are told one. */
const clientFaults = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
])

/**
 * Decides what of an error leaves the server. Only two kinds of message do: those written for callers (`Denied`), and
 * those of graphql-js on a malformed document or variables, with the values taken out, for a value can be a secret.
 * Anything else is a fault of ours: it is given to `logFault`, and the caller is told no more than that.
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
  if ((typeof code === 'string' && clientFaults.has(code)) || isWrongArgument(cause))
    return { message: withoutValues(formatted.message), ...place, extensions: { code: 'BAD_USER_INPUT' } }

  logFault(cause)
  if (isDatabaseDown(cause) || isDatabaseBusy(cause))
    return { message: unavailable, ...place, extensions: unavailableExtensions }
  return {
    message: 'Something went wrong on the server; it has been logged. Try again, or tell whoever runs this server.',
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  }
}

/** Whether graphql-js found no value for an argument when it came to its field: null in the place of a variable's default. */
function isWrongArgument(cause: unknown): boolean {
  return cause instanceof GraphQLError && cause.message.startsWith('Argument "')
}

const maxMessageLength = 1_000

/** graphql-js quotes what it was given; that can be a secret in the wrong place. Names and types stay, unless one is. */
function withoutValues(message: string): string {
  // It quotes something long, and looking for the ends of it would take long, too.
  if (message.length > maxMessageLength) return 'The document or its variables are not right. Check their types.'
  const [, variable] = /^(Variable "\$\w+") got invalid value /.exec(message) ?? []
  if (variable !== undefined) return withoutSecrets(`${variable}${placeIn(message)} is not right: ${reasonIn(message)}`)
  return withoutSecrets(message)
    .replace(/^(Unknown operation) named ".*"/s, '$1')
    .replace(/^(Argument "\w+") has invalid value .*$/s, '$1 is not right. Check its type.')
    .replace(/\b(String|BlockString|Int|Float) ".*"/s, '$1')
    .replace(/^Value ".*" does not exist in (".*?" enum).*$/s, 'Write one of the values of the $1.')
    .replace(/^(Expected (?:value of )?type ".*?").*$/s, '$1.')
    .replace(/(,? found) .*$/s, '$1 something else.')
    .replace(/(cannot represent [^:]*):.*$/s, '$1.')
}

function placeIn(message: string): string {
  return /^.*( at "[\w.[\]]+"); /s.exec(message)?.[1] ?? ''
}

// What coerceInputValue of graphql-js says after the value. Each pattern lets only names pass, so that none lets a part of a
// value pass, whatever is in it.
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

const unavailable = `The database cannot be reached at this moment. Try again in ${databaseRetrySeconds} seconds.`
const unavailableExtensions = { code: 'SERVICE_UNAVAILABLE', retryAfter: databaseRetrySeconds } as const

/** The answer when the database is away before any resolver runs, with its HTTP status. */
export function unavailableError(): GraphQLError {
  return new GraphQLError(unavailable, { extensions: { ...unavailableExtensions, http: { status: 503 } } })
}

/** A refusal before any resolver runs, with its HTTP status: 401, or 429 where there were too many. */
export function unauthenticatedError(error: Denied): GraphQLError {
  const status = error.code === 'TOO_MANY_REQUESTS' ? 429 : 401
  return new GraphQLError(error.message, { extensions: { ...extensionsOf(error), http: { status } } })
}

/** The code, and where waiting helps, how many seconds. */
function extensionsOf({ code, wait }: Denied): { readonly code: string; readonly retryAfter?: number } {
  return wait === null ? { code } : { code, retryAfter: wait.seconds }
}

import { DatabaseUrlError } from '../database-url/parse-database-url.ts'
import { isDatabaseDown } from '../domain/shared/database-down.ts'
import { channelNotBound } from './require-channel-binding.ts'

/** Node's error codes for certificates, and what to do about them. */
const certificateFaults: ReadonlyArray<readonly [code: RegExp, sentence: string]> = [
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'is not for the host. Write a host that it is for, or sslmode=verify-ca, which accepts a certificate for any host.',
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    'is not valid at this time. Have it renewed, or set the clock of this machine.',
  ],
  [
    /^(SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|INVALID_|ERR_TLS_)/,
    'was not issued by an authority in sslrootcert. Set sslrootcert to the file with the certificate of the ' +
      'authority that issued it; the operator of the database has that file.',
  ],
]

/** A sentence about a database that cannot be used, with what to do, and without a password. Null for other errors. */
export function explainDatabaseFailure(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  // A missing file and a missing socket have the same code.
  if (Reflect.has(error, 'path') && Reflect.get(error, 'syscall') !== 'connect') return null
  const { message } = error
  const code = String(Reflect.get(error, 'code'))
  if (error instanceof DatabaseUrlError) return message
  if (/does not support SSL connections/.test(message))
    return (
      'The server of DATABASE_URL does not speak TLS, which sslmode asks for. ' +
      'Turn on ssl there, or write sslmode=disable to go on in plaintext.'
    )
  const certificateFault = certificateFaults.find(([pattern]) => pattern.test(code))
  if (certificateFault) return `The certificate of the server of DATABASE_URL ${certificateFault[1]} (${message})`
  if (/^(ERR_SSL_|EPROTO)/.test(code) || /error establishing an SSL connection/.test(message))
    return (
      `The server of DATABASE_URL has ended TLS (${code}). ` +
      'Check sslcert, sslkey and sslnegotiation, and the log of the server.'
    )
  if (/(no encryption|SSL off)$/.test(message))
    return (
      `The server of DATABASE_URL requires TLS (${message}). ` +
      'Write sslmode=verify-full and sslrootcert, or sslmode=require.'
    )
  if (/client password must be/.test(message))
    return 'The server of DATABASE_URL asks for a password. Write it into the URL, or set PGPASSWORD or PGPASSFILE.'
  const missing = code === '3D000' && /database "(.*)" does not exist/.exec(message)?.[1]
  if (missing)
    return (
      `There is no database "${missing}" on the server of DATABASE_URL. ` +
      'Create it with `create database` and an owner, or correct the name in the URL. Postern does not create it.'
    )
  // "PostgreSQL Error Codes" in its manual: five characters, not all of them letters.
  const isSqlState = /^(?=.*\d)[0-9A-Z]{5}$/.test(code)
  if (isSqlState || code === channelNotBound || isDatabaseDown(error))
    return (
      `The database of DATABASE_URL cannot be used (${message}). ` +
      'Correct the URL, or the database and the rights of its role.'
    )
  return null
}

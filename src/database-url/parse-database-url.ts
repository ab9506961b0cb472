import { checkParameters, type ParameterValues } from './parameters.ts'
import { splitDatabaseUrl } from './split-database-url.ts'
import { readTls, type Tls } from './tls.ts'

/** The parameters of a connection to PostgreSQL. */
export interface DatabaseAddress {
  /** A name, an address without brackets, or the directory of a Unix socket, which begins with a slash. */
  readonly host: string
  readonly port: number
  /** Empty means the account that Postern runs as. */
  readonly user: string
  readonly password: string
  readonly database: string
  /** Null means no TLS. */
  readonly tls: Tls | null
  /** `direct` means TLS from the first byte, without a request in PostgreSQL's protocol. */
  readonly tlsNegotiation: 'postgres' | 'direct'
  /** Whether the password is proved together with the certificate of the server (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  readonly applicationName: string | undefined
  /** Command-line options of the session, such as `-c statement_timeout=30s`. Can be empty. */
  readonly options: string
  /** Undefined means the default of the caller. */
  readonly connectTimeoutSeconds: number | undefined
  /** Undefined means no keepalives. */
  readonly keepAliveIdleSeconds: number | undefined
}

/** The error of an invalid URL. The message names the errors, and contains no password. */
export class DatabaseUrlError extends Error {
  /** Each a sentence without its subject: `has …; write …`. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.map((fault) => `DATABASE_URL ${fault}`).join('\n'))
    this.name = 'DatabaseUrlError'
    this.faults = faults
  }
}

const defaultPort = 5432

/**
 * Reads a connection URI with the parameters and meanings of libpq (`split-database-url.ts`, `parameters.ts`,
 * `tls.ts`), and the files that it names.
 *
 * @throws {DatabaseUrlError} with all invalid and unknown parameters. No parameter is ignored.
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const { parameters, faults: found } = splitDatabaseUrl(url)
  const faults = [...found]
  const values = checkParameters(parameters, faults)
  const tls = readTls(values, faults)
  const user = values.user ?? ''
  const database = values.dbname || user
  if (database === '' && faults.length === 0)
    faults.push('names no database; write postgres://user:password@host:5432/database')
  if (faults.length > 0) throw new DatabaseUrlError(faults)
  return {
    host: values.host || 'localhost',
    port: Number(values.port) || defaultPort,
    user,
    password: values.password ?? '',
    database,
    tls,
    tlsNegotiation: values.sslnegotiation === 'direct' ? 'direct' : 'postgres',
    channelBinding: channelBindingOf(values),
    applicationName: values.application_name || values.fallback_application_name,
    options: values.options ?? '',
    connectTimeoutSeconds: values.connect_timeout === undefined ? undefined : Number(values.connect_timeout),
    keepAliveIdleSeconds: keepAliveOf(values),
  }
}

function channelBindingOf({ channel_binding: asked }: ParameterValues): DatabaseAddress['channelBinding'] {
  return asked === 'require' || asked === 'prefer' ? asked : 'disable'
}

function keepAliveOf({ keepalives, keepalives_idle: idle }: ParameterValues): number | undefined {
  if (keepalives === '0' || (keepalives === undefined && idle === undefined)) return undefined
  return Number(idle ?? 0)
}

/** The errors of a URL. Empty if it is valid. */
export function faultsOfDatabaseUrl(url: string): readonly string[] {
  try {
    parseDatabaseUrl(url)
    return []
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error.faults
    throw error
  }
}

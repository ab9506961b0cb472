import { checkParameters, type ParameterValues } from './parameters.ts'
import { splitDatabaseUrl } from './split-database-url.ts'
import { readTls, type Tls } from './tls.ts'

/** How to connect to a PostgreSQL. */
export interface DatabaseAddress {
  /** A name, an address without brackets, or the directory of a Unix socket, which begins with a slash. */
  readonly host: string
  readonly port: number
  /** Empty: the account that Postern runs as. */
  readonly user: string
  readonly password: string
  readonly database: string
  /** Null: no TLS. */
  readonly tls: Tls | null
  /** `direct`: TLS from the first byte, without asking for it in PostgreSQL's protocol. */
  readonly tlsNegotiation: 'postgres' | 'direct'
  /** Whether the password is proved together with the certificate of the server (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  readonly applicationName: string | undefined
  /** Command-line options of the session, such as `-c statement_timeout=30s`; empty: none. */
  readonly options: string
  /** Undefined: what whoever connects finds right. */
  readonly connectTimeoutSeconds: number | undefined
  /** Undefined: no keepalives. */
  readonly keepAliveIdleSeconds: number | undefined
}

/** A URL that cannot be used. Its message names what is wrong, and holds no password. */
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
 * Reads a connection URI with the parameters and meanings of libpq (`split-database-url.ts`, `parameters.ts`, `tls.ts`), and
 * the files that it names.
 *
 * @throws {DatabaseUrlError} with everything that is wrong, or that Postern does not know: nothing is left out in silence.
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

/** What is wrong with a URL; empty where nothing is. */
export function faultsOfDatabaseUrl(url: string): readonly string[] {
  try {
    parseDatabaseUrl(url)
    return []
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error.faults
    throw error
  }
}

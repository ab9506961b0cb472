import type { ParameterName } from './parameters.ts'
import { splitDatabaseUrl } from './split-database-url.ts'

/** The supported variables of https://www.postgresql.org/docs/current/libpq-envars.html. */
const variables: Partial<Record<ParameterName, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  application_name: 'PGAPPNAME',
  options: 'PGOPTIONS',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  gssencmode: 'PGGSSENCMODE',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
}

interface Unsupported {
  readonly variable: string
  /** The value that requests what Postern does anyway. */
  readonly harmless?: string
  readonly toDo: string
}

/**
 * The variables of libpq that Postern does not support. Each changes where libpq connects or whom it trusts, so Postern
 * must not ignore them. pg reads PGPASSFILE. The other variables of libpq cannot weaken a connection: PGCLIENTENCODING,
 * PGDATESTYLE, PGTZ, PGGEQO and PGLOCALEDIR are about values; PGSSLCOMPRESSION and PGMAXPROTOCOLVERSION about features
 * that pg does not have; PGKRBSRVNAME, PGGSSLIB, PGGSSDELEGATION and PGOAUTHDEBUG about logins that pg does not
 * support; and PGSYSCONFDIR about PGSERVICE.
 */
const unsupported: readonly Unsupported[] = [
  { variable: 'PGHOSTADDR', toDo: 'write the address as the host of DATABASE_URL' },
  { variable: 'PGSERVICE', toDo: 'write the parameters of the service into DATABASE_URL' },
  { variable: 'PGSERVICEFILE', toDo: 'write the parameters of the service into DATABASE_URL' },
  { variable: 'PGREQUIREAUTH', toDo: 'write channel_binding=require into DATABASE_URL to allow SCRAM only' },
  { variable: 'PGREQUIREPEER', toDo: 'protect the directory of the socket by its permissions' },
  { variable: 'PGSSLCRL', toDo: 'replace the authority in sslrootcert to reject its certificates' },
  { variable: 'PGSSLCRLDIR', toDo: 'replace the authority in sslrootcert to reject its certificates' },
  { variable: 'PGSSLCERTMODE', harmless: 'allow', toDo: 'write sslcert and sslkey into DATABASE_URL, or neither' },
  { variable: 'PGSSLSNI', harmless: '1', toDo: 'write an address as the host of DATABASE_URL to hide its name' },
  { variable: 'PGLOADBALANCEHOSTS', harmless: 'disable', toDo: 'write one host into DATABASE_URL' },
  { variable: 'PGMINPROTOCOLVERSION', harmless: '3.0', toDo: 'connect to a server that speaks version 3.0' },
]

/** A URL with the additions of the environment. */
export interface CompletedUrl {
  readonly url: string | undefined
  /** The variables that were used. */
  readonly taken: readonly string[]
  /** A sentence for each unsupported variable. */
  readonly faults: readonly string[]
}

/** Adds the parameters that a URL omits and variables of libpq set. Without a URL, the variables are ignored. */
export function withLibpqVariables(url: string | undefined, env: NodeJS.Dict<string>): CompletedUrl {
  if (url === undefined) return { url, taken: [], faults: [] }
  const faults = unsupported
    .filter(({ variable, harmless }) => env[variable] && env[variable] !== harmless)
    .map(({ variable, toDo }) => `${variable} is set, which Postern does not support; unset it, and ${toDo}`)
  const { parameters, hasQuery, faults: faultsOfUrl } = splitDatabaseUrl(url)
  if (faultsOfUrl.length > 0) return { url, taken: [], faults }
  const taken: string[] = []
  let complete = url
  const add = (name: string, value: string, variable: string) => {
    complete += `${hasQuery || taken.length > 0 ? '&' : '?'}${name}=${encodeURIComponent(value)}`
    taken.push(variable)
  }
  for (const [name, variable] of Object.entries(variables)) {
    const value = env[variable]
    if (value && !parameters.has(name)) add(name, value, variable)
  }
  // A deprecated variable: PGSSLMODE overrides it, and any value that starts with 1 means yes.
  if (env.PGREQUIRESSL?.startsWith('1') && !env.PGSSLMODE && !parameters.has('sslmode'))
    add('sslmode', 'require', 'PGREQUIRESSL')
  return { url: complete, taken, faults }
}

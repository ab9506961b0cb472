import type { ParameterName } from './parameters.ts'
import { splitDatabaseUrl } from './split-database-url.ts'

/** "Environment Variables" in https://www.postgresql.org/docs/current/libpq-envars.html, as far as Postern knows them. */
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
}

/** The URL with what it leaves out taken from the variables of libpq, and the names of those that were taken. */
export function withLibpqVariables(
  url: string | undefined,
  env: NodeJS.Dict<string>,
): { readonly url: string | undefined; readonly taken: readonly string[] } {
  if (url === undefined) return { url, taken: [] }
  const { parameters, hasQuery, faults } = splitDatabaseUrl(url)
  if (faults.length > 0) return { url, taken: [] }
  const taken: string[] = []
  let complete = url
  for (const [name, variable] of Object.entries(variables)) {
    const value = env[variable]
    if (!value || parameters.has(name)) continue
    complete += `${hasQuery || taken.length > 0 ? '&' : '?'}${name}=${encodeURIComponent(value)}`
    taken.push(variable)
  }
  return { url: complete, taken }
}

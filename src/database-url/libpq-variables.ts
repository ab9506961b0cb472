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
  gssencmode: 'PGGSSENCMODE',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  client_encoding: 'PGCLIENTENCODING',
}

/**
 * Variables that change to which server libpq connects, as whom, or what it demands of the server, and that Postern does not
 * understand. Ignored, they would weaken what an operator asked for. What to do instead follows each.
 */
const unsupported: Readonly<Record<string, string>> = {
  PGHOSTADDR: 'write the address as the host of DATABASE_URL',
  PGSERVICE: 'write the parameters of the service into DATABASE_URL',
  PGSERVICEFILE: 'write the parameters of the service into DATABASE_URL',
  PGPASSFILE: 'write the password into DATABASE_URL, or name a file with the whole URL in DATABASE_URL_FILE',
  PGREQUIREAUTH: 'require the method in pg_hba.conf of the server, or write channel_binding=require into DATABASE_URL',
  PGREQUIREPEER: 'write sslmode=verify-full and a host into DATABASE_URL',
  PGREQUIRESSL: 'write sslmode=require, verify-ca or verify-full into DATABASE_URL',
  PGSSLCRL:
    'renew the authority of sslrootcert where certificates have to be revoked, since Postern reads no revocation lists',
  PGSSLCRLDIR:
    'renew the authority of sslrootcert where certificates have to be revoked, since Postern reads no revocation lists',
  PGSSLCERTMODE: 'write sslcert and sslkey into DATABASE_URL where the server asks for a certificate',
}

/** A sentence for each variable of libpq that is set and that Postern does not understand. */
export function faultsOfLibpqVariables(env: NodeJS.Dict<string>): string[] {
  return Object.entries(unsupported).flatMap(([name, instead]) =>
    // In libpq's manual, 0 is the same as unset.
    env[name] && !(name === 'PGREQUIRESSL' && env[name] === '0')
      ? [`${name} is set, which Postern does not support; unset it for this process, and ${instead}`]
      : [],
  )
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

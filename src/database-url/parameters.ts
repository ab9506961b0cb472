/** The rule for a parameter, and what to write if the value is invalid. */
type Rule = readonly [isRight: (value: string) => boolean, toWrite: string]

const like = (pattern: RegExp) => (value: string) => pattern.test(value)
const anything: Rule = [() => true, '']
const seconds: Rule = [like(/^[1-9]\d{0,5}$/), 'seconds, 1 or more']
const tlsVersion: Rule = [like(/^TLSv1\.[23]$/), 'TLSv1.2 or TLSv1.3']

/**
 * The supported parameters, with the names and meanings of libpq:
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS. Parameters with a single valid value
 * change nothing; URLs for other programs can contain them.
 */
const rules = {
  host: [(value) => !value.includes(','), 'one host'],
  port: [(value) => /^\d{0,5}$/.test(value) && Number(value) <= 65_535, 'a number from 1 to 65535'],
  user: anything,
  password: anything,
  dbname: anything,
  application_name: anything,
  fallback_application_name: anything,
  connect_timeout: seconds,
  // Postern expects times in UTC from PostgreSQL.
  options: [like(/^(?!.*(?:-c\s*|--)timezone\b)/is), 'options without timezone, which is always UTC'],
  client_encoding: [like(/^(utf-?8|auto)$/i), 'UTF8'],
  keepalives: [like(/^[01]$/), '0 or 1'],
  keepalives_idle: seconds,
  sslmode: [like(/^(disable|require|verify-ca|verify-full)$/), 'disable, require, verify-ca or verify-full'],
  sslnegotiation: [like(/^(postgres|direct)$/), 'postgres or direct'],
  sslrootcert: [like(/./), 'the path of a file of certificates, or system'],
  sslcert: [like(/./), 'the path of a file with a certificate'],
  sslkey: [like(/./), 'the path of a file with a key'],
  sslpassword: anything,
  ssl_min_protocol_version: tlsVersion,
  ssl_max_protocol_version: tlsVersion,
  channel_binding: [like(/^(disable|prefer|require)$/), 'disable, prefer or require'],
  gssencmode: [like(/^(disable|prefer)$/), 'disable, since Postern does not speak GSSAPI'],
  target_session_attrs: [like(/^any$/), 'any, since Postern does not choose between servers'],
  uselibpqcompat: [like(/^true$/), 'true, or leave it out: sslmode always means what it means to libpq'],
} as const satisfies Readonly<Record<string, Rule>>

export type ParameterName = keyof typeof rules
export type ParameterValues = Partial<Record<ParameterName, string>>

export const severalHosts = 'names several hosts; write one, since Postern does not choose between servers'
/** Their values are never shown. */
export const secretParameters: ReadonlySet<string> = new Set<ParameterName>(['password', 'sslpassword'])

export function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(rules, name)
}

/** The values of valid parameters. Adds an error for each other parameter, without its value. */
export function checkParameters(parameters: ReadonlyMap<string, string>, faults: string[]): ParameterValues {
  const values: ParameterValues = {}
  for (const [name, value] of parameters)
    if (!isParameter(name))
      faults.push(`has a parameter ${name}, which Postern does not know; write only ${Object.keys(rules).join(', ')}`)
    else if (rules[name][0](value)) values[name] = value
    else if (/^(host|port)$/.test(name) && value.includes(',')) faults.push(severalHosts)
    else if (name === 'sslmode' && /^(allow|prefer)$/.test(value))
      faults.push(`has sslmode=${value}, which may go on without TLS; write ${rules.sslmode[1]}`)
    else faults.push(`gives ${name} a value that cannot be used; write ${rules[name][1]}`)
  return values
}

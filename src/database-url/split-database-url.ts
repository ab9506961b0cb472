import { isParameter, secretParameters, severalHosts } from './parameters.ts'

/** The parts of a URL by the names of libpq's parameters, and its errors. */
export interface SplitUrl {
  readonly parameters: ReadonlyMap<string, string>
  readonly hasQuery: boolean
  /** Each is a sentence without its subject, `has …; write …`, and contains no password. */
  readonly faults: readonly string[]
}

const example = 'write postgres://user:password@host:5432/database'

/**
 * Splits a connection URI as libpq does: "Connection URIs" in
 * https://www.postgresql.org/docs/current/libpq-connect.html. The query overrides the parts before it, the last of two
 * equal parameters wins, and `+` is not a space. `ssl=true` is `sslmode=require`, as in libpq. Unlike in libpq, two
 * values for one parameter of TLS are an error, because the choice between them decides whether the connection is
 * secure.
 */
export function splitDatabaseUrl(url: string): SplitUrl {
  const rest = /^postgres(?:ql)?:\/\/(.*)$/is.exec(url)?.[1]
  if (rest === undefined) return { parameters: new Map(), hasQuery: false, faults: [`is invalid; ${example}`] }
  // A password with a ? or # that is not escaped ends at the first @, as in libpq; any other at the last @, as in URLs.
  const [withAt = '', credentials] = /^([^/?#]*)@/.exec(rest) ?? /^([^/]*?)@/.exec(rest) ?? []
  const [, hosts = '', path, query] = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest.slice(withAt.length)) ?? []
  const faults: string[] = []
  if (`${hosts}${path}${query}`.includes('#')) faults.push('has a # that is not escaped; write %23 for it')
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(credentials ?? '') ?? []
  const hasQuery = query !== undefined
  const { host, port } = splitHost(hosts, faults)
  // The remaining parts cannot be separated reliably.
  if (faults.length > 0) return { parameters: new Map(), hasQuery, faults }
  const beforeQuery = Object.entries({ user, password, host, port, dbname: path }).filter(([, value]) => value)
  const parameters = new Map<string, string>()
  let asksForTls = false
  for (const [name, encoded = ''] of [...beforeQuery, ...splitQuery(query, faults)]) {
    const value = decode(encoded)
    if (value === null) faults.push(`has a % in its ${name} that is no escape of UTF-8 text; write %25 for it`)
    else if (name === 'ssl') asksForTls = readSsl(value, faults) || asksForTls
    else if (isOfTls(name) && parameters.has(name) && parameters.get(name) !== value)
      faults.push(`gives ${name} two values; write one`)
    else parameters.set(name, value)
  }
  const mode = parameters.get('sslmode')
  if (asksForTls && mode === 'disable') faults.push('has ssl=true and sslmode=disable; write one of them')
  // Only without a mode, because ssl=true must not weaken verify-full.
  if (asksForTls && mode === undefined) parameters.set('sslmode', 'require')
  return { parameters, hasQuery, faults: [...new Set(faults)] }
}

function splitHost(hosts: string, faults: string[]): { readonly host?: string; readonly port?: string } {
  if (hosts.includes(',')) {
    faults.push(severalHosts)
    return {}
  }
  const [matched, inBrackets, host, port] = /^(?:\[([^[\]]+)\]|([^:[\]]*))(?::(\d*))?$/.exec(hosts) ?? []
  if (matched === undefined)
    faults.push(
      `has a host or port that cannot be read; ${example}, an IPv6 address in brackets, / and @ as %2F and %40`,
    )
  return { host: inBrackets ?? host ?? '', port: port ?? '' }
}

function splitQuery(query: string | undefined, faults: string[]): Array<[string, string]> {
  const pairs: Array<[string, string]> = []
  let previous = ''
  for (const text of (query ?? '').split('&').filter((pair) => pair !== '')) {
    const [, name, value] = /^([a-z_]+)=(.*)$/is.exec(text) ?? []
    // This can be the rest of an unescaped password, so it is not shown.
    const isOfSecret = secretParameters.has(previous) || value?.includes('@')
    if (name === undefined || value === undefined || (isOfSecret && !isParameter(name))) {
      faults.push(
        'has something after ? that is no parameter; write name=value, with &, / and @ in values as %26, %2F and %40',
      )
      continue
    }
    pairs.push([name, value])
    previous = name
  }
  return pairs
}

function decode(value: string): string | null {
  try {
    const decoded = decodeURIComponent(value)
    // The character would end the value in a message of PostgreSQL's protocol.
    return decoded.includes('\0') ? null : decoded
  } catch {
    return null
  }
}

function isOfTls(name: string): boolean {
  return name.startsWith('ssl') || name === 'channel_binding'
}

function readSsl(value: string, faults: string[]): boolean {
  if (value !== 'true') faults.push('has an ssl that is not true; write sslmode=require or sslmode=disable')
  return value === 'true'
}

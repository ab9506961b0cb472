import { isIPv6 } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { withLibpqVariables } from './database-url/libpq-variables.ts'
import type { HourlyRates } from './domain/model/hourly-rates.ts'
import { isNamespaceName } from './domain/model/namespace.ts'
import { type Plan, type PlanTable, plans } from './domain/model/plan.ts'
import { type WebhookNetworks, webhookNetworks } from './domain/notice/network.ts'
import { deriveRegistryEventsSecret } from './domain/secrets/secret-key.ts'
import { givenSecret, keptSecret, makeSecret } from './secret-file.ts'
import {
  adminPasswordFaults,
  databaseUrl,
  entriesOf,
  eventsSecretBytesMin,
  hourlyRates,
  isAmountOrUnlimited,
  isBaseUrl,
  isConnectionCount,
  isEventsSecret,
  isGrantLife,
  isHost,
  isLongEnough,
  isMailAddress,
  isPort,
  isProxyList,
  isSmtpUrl,
  jsonOrNothing,
  planTable,
  quotable,
  secretKeyBytesMin,
  text,
  withoutSlashAtEnd,
} from './setting-rules.ts'

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** The configuration. A field has the name of its environment variable. */
export interface Config {
  /** 0 means any free port. */
  readonly port: number
  readonly host: string
  /** The URL for clients, without a slash at the end. Null means `localUrl(host, port)` with the actual port. */
  readonly publicUrl: string | null
  /** The URL with its password and the values of libpq's variables. Null means the embedded database. */
  readonly databaseUrl: string | null
  /** An absolute path. */
  readonly dataDir: string
  /** The `aud` of registry tokens. */
  readonly registryService: string
  /** The `iss` of registry tokens. */
  readonly tokenIssuer: string
  /** The bearer secret that registries send with their reports. */
  readonly registryEventsSecret: string
  /** The first part of every secret: `pstn` in `pstn_oat_...`. */
  readonly tokenBrand: string
  /** 32 bytes or more, to derive keys from. */
  readonly secretKey: Buffer
  readonly allowSignUp: boolean
  readonly defaultPlan: Plan
  readonly plans: PlanTable
  readonly hourlyRates: HourlyRates
  /** Pulls per window and address of anonymous clients. Null means unlimited. */
  readonly anonymousPulls: number | null
  /** How long a bearer token of the registry is valid. */
  readonly grantSeconds: number
  /** Proxies whose X-Forwarded-For is trusted: addresses or ranges. */
  readonly trustProxy: string[]
  /** Maximum number of connections at once. One network can have an eighth of them. */
  readonly maxConnections: number
  readonly logLevel: LogLevel
  readonly webhookNetworks: WebhookNetworks
  /** The mail server, and the sender's address. Null means that no mail is sent. */
  readonly mail: { readonly smtpUrl: string; readonly from: string } | null
  /** The first administrator, created in an empty database. A password of null means a generated one. */
  readonly admin: { readonly username: string; readonly password: string | null }
}

/** The configuration is invalid, so Postern exits. The message has a line for each error, and no values of secrets. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(['Postern cannot start until this is corrected:', ...faults].join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

const defaultBrand = 'pstn'

const settings = z.object({
  PORT: text(isPort, 'is not a port; write a number from 1 to 65535, or 0 for any free one').default('4000'),
  HOST: text(isHost, 'is not a host; write an address or a name, without port and brackets').default('127.0.0.1'),
  PUBLIC_URL: text(isBaseUrl, 'is invalid; write a http or https URL without user, ? and #').optional(),
  DATABASE_URL: databaseUrl.optional(),
  REGISTRY_SERVICE: quotable.default('registry'),
  TOKEN_ISSUER: quotable.default('postern'),
  TOKEN_BRAND: text(
    (value) => /^[a-z][a-z0-9]{1,9}$/.test(value) && value !== 'dckr',
    'is invalid; write 2 to 10 lower-case letters and digits, a letter first; dckr is not ours to use',
  ).default(defaultBrand),
  SECRET_KEY: text(isLongEnough, `is too short; write ${secretKeyBytesMin} bytes or more, at random`).optional(),
  REGISTRY_EVENTS_SECRET: text(
    isEventsSecret,
    `is invalid; write ${eventsSecretBytesMin} or more printable ASCII characters without a space, at random`,
  ).optional(),
  ALLOW_SIGN_UP: z.enum(['true', 'false'], 'is invalid; write true or false').default('false'),
  DEFAULT_PLAN: z.enum(plans, `is not a plan; write one of ${plans.join(', ')}`).default('FREE'),
  PLANS: z.string().default('{}').transform(jsonOrNothing).pipe(planTable),
  HOURLY_RATES: z.string().default('{}').transform(jsonOrNothing).pipe(hourlyRates),
  ANONYMOUS_PULLS: text(isAmountOrUnlimited, 'is not an amount; write a whole number, 0 or more, or unlimited').default(
    '100',
  ),
  GRANT_SECONDS: text(isGrantLife, 'is not a life of grants; write whole seconds from 60 to 3600').default('60'),
  TRUST_PROXY: text(isProxyList, 'is invalid; write addresses or ranges, such as 10.0.0.2, fd00::/8').default(''),
  MAX_CONNECTIONS: text(isConnectionCount, 'is not a number of connections; write one from 64 to 100000').default(
    '4096',
  ),
  LOG_LEVEL: z.enum(logLevels, `is not a level; write one of ${logLevels.join(', ')}`).default('info'),
  WEBHOOK_NETWORKS: z.enum(webhookNetworks, `is invalid; write one of ${webhookNetworks.join(', ')}`).default('any'),
  SMTP_URL: text(
    isSmtpUrl,
    'is invalid; write smtp://user:password@host:587, or smtps:// for TLS from the start',
  ).optional(),
  MAIL_FROM: text(isMailAddress, 'is not an address; write one such as postern@example.com').optional(),
  ADMIN_USERNAME: text(
    isNamespaceName,
    'is not a username; write lower-case letters and digits, with dots, underscores or hyphens between them',
  ).default('admin'),
  ADMIN_PASSWORD: z.string().optional(),
})

/**
 * Parses the environment. Empty variables count as unset. A secret NAME can be in a file, whose path is in NAME_FILE.
 *
 * If SECRET_KEY is not set, the file `DATA_DIR/secret-key` is used; it is created if the rest of the configuration is
 * valid. If REGISTRY_EVENTS_SECRET is not set, it is derived from SECRET_KEY, so that instances with the same key share
 * it. Versions before 0.2 created `DATA_DIR/registry-events-secret`, which is still used, because registries have it.
 *
 * @throws {ConfigError} with all errors.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const faults: string[] = []
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const keyFile = resolve(given.DATA_DIR ?? './data', 'secret-key')
  const eventsFile = join(dirname(keyFile), 'registry-events-secret')
  const kept = (name: string, file: string, bytesMin: number) =>
    given[name] || given[`${name}_FILE`] ? undefined : keptSecret(name, file, bytesMin, faults)
  const keptKey = kept('SECRET_KEY', keyFile, secretKeyBytesMin)
  const keptEventsSecret = kept('REGISTRY_EVENTS_SECRET', eventsFile, eventsSecretBytesMin)
  for (const name of ['SECRET_KEY', 'DATABASE_URL', 'ADMIN_PASSWORD', 'REGISTRY_EVENTS_SECRET', 'SMTP_URL'])
    given[name] = givenSecret(name, given, faults)

  const { url, taken, faults: variableFaults } = withLibpqVariables(given.DATABASE_URL, given)
  faults.push(...variableFaults)
  const hint = taken.length > 0 ? ` (what it leaves out is from ${taken.join(', ')})` : ''
  const { data, error } = settings.safeParse({ ...given, DATABASE_URL: url })
  faults.push(...adminPasswordFaults(given.ADMIN_PASSWORD, given.TOKEN_BRAND ?? defaultBrand))
  for (const { path, message } of error?.issues ?? [])
    faults.push(`${path.join('.')} ${message}${path[0] === 'DATABASE_URL' ? hint : ''}`)
  const mail = data && mailOf(data, faults)
  if (!data || mail === undefined || faults.length > 0) throw new ConfigError(faults)

  const secretKey = data.SECRET_KEY ?? keptKey ?? makeSecret('SECRET_KEY', keyFile, faults)
  if (secretKey === undefined) throw new ConfigError(faults)
  const key = Buffer.from(secretKey)

  const port = Number(data.PORT)
  const urlDefault = port === 0 ? null : localUrl(data.HOST, port)
  return {
    port,
    host: data.HOST,
    publicUrl: data.PUBLIC_URL ? withoutSlashAtEnd(data.PUBLIC_URL) : urlDefault,
    databaseUrl: data.DATABASE_URL ?? null,
    dataDir: dirname(keyFile),
    registryService: data.REGISTRY_SERVICE,
    tokenIssuer: data.TOKEN_ISSUER,
    registryEventsSecret: data.REGISTRY_EVENTS_SECRET ?? keptEventsSecret ?? deriveRegistryEventsSecret(key),
    tokenBrand: data.TOKEN_BRAND,
    secretKey: key,
    allowSignUp: data.ALLOW_SIGN_UP === 'true',
    defaultPlan: data.DEFAULT_PLAN,
    plans: data.PLANS,
    hourlyRates: data.HOURLY_RATES,
    anonymousPulls: data.ANONYMOUS_PULLS === 'unlimited' ? null : Number(data.ANONYMOUS_PULLS),
    grantSeconds: Number(data.GRANT_SECONDS),
    trustProxy: entriesOf(data.TRUST_PROXY),
    maxConnections: Number(data.MAX_CONNECTIONS),
    logLevel: data.LOG_LEVEL,
    webhookNetworks: data.WEBHOOK_NETWORKS,
    mail,
    admin: { username: data.ADMIN_USERNAME, password: data.ADMIN_PASSWORD ?? null },
  }
}

/** The URL of the server on its own machine: `http://HOST:PORT`, with 127.0.0.1 if it listens on every address. */
export function localUrl(host: string, port: number): string {
  const url = new URL(`http://${isIPv6(host) ? `[${host}]` : host}:${port}`)
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1'
  return url.origin
}

function mailOf({ SMTP_URL: smtpUrl, MAIL_FROM: from }: z.infer<typeof settings>, faults: string[]): Config['mail'] {
  if (smtpUrl !== undefined && from !== undefined) return { smtpUrl, from }
  if (smtpUrl !== undefined)
    faults.push('MAIL_FROM is not set, but SMTP_URL is; write the address that mail comes from')
  if (from !== undefined) faults.push('SMTP_URL is not set, but MAIL_FROM is; write the address of a mail server')
  return null
}

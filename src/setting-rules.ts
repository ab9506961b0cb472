import { isIPv6 } from 'node:net'
import { z } from 'zod'
import { faultsOfDatabaseUrl } from './database-url/parse-database-url.ts'
import { defaultHourlyRates, type HourlyRates } from './domain/model/hourly-rates.ts'
import { defaultPlanTable, type Plan } from './domain/model/plan.ts'
import { passwordFault } from './domain/secrets/password-rule.ts'

/*
 * The rules for the values of settings, each with the error message for other values.
 */

export const text = (isRight: (value: string) => boolean, fault: string) => z.string().refine(isRight, fault)

// Both values are used in quoted strings: in the WWW-Authenticate header and in the registry's configuration.
export const quotable = text(
  (value) => /^[!#-[\]-~]([ !#-[\]-~]*[!#-[\]-~])?$/.test(value),
  'cannot stand in a header; write printable ASCII without ", \\ or space around it, such as registry.example.org',
)

const amount = 'is not an amount; write a whole number, 0 or more'
const days = 'is no number of days; write a whole number from 1 to 36500, or null'
const limitsOf = (plan: Plan) => {
  const limits = {
    tokens: z.int(amount).min(0, amount).default(defaultPlanTable[plan].tokens),
    pulls: z.int(`${amount}, or null`).min(0, `${amount}, or null`).nullable().default(defaultPlanTable[plan].pulls),
    activityDays: z.int(days).min(1, days).max(36_500, days).nullable().default(defaultPlanTable[plan].activityDays),
  }
  return z
    .strictObject(limits, 'is invalid; write an object of tokens, pulls and activityDays')
    .default(defaultPlanTable[plan])
}
export const planTable = z.strictObject(
  { FREE: limitsOf('FREE'), TEAM: limitsOf('TEAM'), BUSINESS: limitsOf('BUSINESS') },
  'is invalid; write a JSON object of FREE, TEAM and BUSINESS, such as {"TEAM":{"tokens":20,"pulls":null}}',
)

const rate = 'is not a rate; write a whole number from 1 to 100000'
const rateOf = (name: keyof HourlyRates) =>
  z.int(rate).min(1, rate).max(100_000, rate).default(defaultHourlyRates[name])
export const hourlyRates = z.strictObject(
  {
    personalTokens: rateOf('personalTokens'),
    organizationTokens: rateOf('organizationTokens'),
    deviceRequests: rateOf('deviceRequests'),
  },
  'is invalid; write a JSON object of personalTokens, organizationTokens and deviceRequests, ' +
    'such as {"personalTokens":50}',
)

const addressRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])

// The maximum of a count of pulls in the database.
export function isAmountOrUnlimited(value: string): boolean {
  return value === 'unlimited' || /^\d{1,9}$/.test(value)
}

export function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535
}

// The default of PUBLIC_URL contains it, so the URL parser must accept it as a host without anything else.
export function isHost(value: string): boolean {
  if (isIPv6(value)) return URL.canParse(`http://[${value}]`)
  return !value.startsWith('[') && URL.parse(`http://${value}`)?.hostname === value.toLowerCase()
}

export function isBaseUrl(value: string): boolean {
  return /^https?:\/\/[^\s?#@\\]+$/i.test(value) && URL.canParse(value)
}

export function withoutSlashAtEnd(value: string): string {
  const { origin, pathname } = new URL(value)
  return `${origin}${pathname}`.replace(/\/+$/, '')
}

export const databaseUrl = z.string().superRefine((url, { addIssue }) => {
  for (const message of faultsOfDatabaseUrl(url)) addIssue({ code: 'custom', message })
})

// A query could set any option of the library.
export function isSmtpUrl(value: string): boolean {
  return /^smtps?:\/\/[^\s?#]+$/i.test(value) && URL.canParse(value) && new URL(value).hostname !== ''
}

export function isMailAddress(value: string): boolean {
  return z.email().safeParse(value).success
}

export function jsonOrNothing(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

export function entriesOf(list: string): string[] {
  return list === '' ? [] : list.split(',').map((entry) => entry.trim())
}

// Fastify rejects a range of all addresses, because clients could then choose their own address.
export function isProxyList(list: string): boolean {
  return entriesOf(list).every((entry) => addressRange.safeParse(entry).success && !entry.endsWith('/0'))
}

export function adminPasswordFaults(password: string | undefined, tokenBrand: string): string[] {
  const fault = password === undefined ? null : passwordFault(password, tokenBrand)
  return fault === null ? [] : [`ADMIN_PASSWORD cannot be a password; write ${fault}`]
}

export const secretKeyBytesMin = 32
export const eventsSecretBytesMin = 16

export function isLongEnough(key: string): boolean {
  return Buffer.byteLength(key) >= secretKeyBytesMin
}

// Registries send it in an Authorization header.
export function isEventsSecret(secret: string): boolean {
  return secret.length >= eventsSecretBytesMin && /^[!-~]+$/.test(secret)
}

// Clients keep a grant for at least 60 seconds, whatever the response says.
export function isGrantLife(value: string): boolean {
  return /^\d{2,4}$/.test(value) && Number(value) >= 60 && Number(value) <= 3_600
}

export function isConnectionCount(value: string): boolean {
  return /^\d{2,6}$/.test(value) && Number(value) >= 64 && Number(value) <= 100_000
}

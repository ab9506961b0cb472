import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ulid } from 'ulid'
import { deriveKeys, hashSecret } from '../../src/domain/secrets/secret-key.ts'
import type { SecretKind } from '../../src/domain/secrets/token-secret.ts'
import type { IdPrefix } from '../../src/domain/shared/id.ts'

/*
 * What a benchmark's database holds. Everything is made from its number: ids, names and secrets are known without asking
 * the database, and the same in every run.
 */

/** How large a world is. */
export interface World {
  /** Access tokens: a multiple of `tokensPerOrganization`. */
  readonly tokens: number
  /** Activity events: one a token, unless there are to be more. */
  readonly events: number
}

/** As many as BUSINESS allows: a page of 50 is half of them, in a world of any size. */
export const tokensPerOrganization = 100
/** Organizations on BUSINESS that have no tokens yet, to generate some for. */
export const emptyOrganizations = 1_000
export const membersPerOrganization = 5
export const repositoriesPerOrganization = 10

/** Of every server in a benchmark. */
export const secretKey = 'the secret key of a database that holds nothing real'
export const { tokenHashKey } = deriveKeys(Buffer.from(secretKey))
export const tokenBrand = 'pstn'

/** Organizations that have tokens: the first ones. */
export function fullOrganizations(world: World): number {
  return world.tokens / tokensPerOrganization
}

/** All organizations. Each has its owner: the person of the same number. */
export function organizationCount(world: World): number {
  return fullOrganizations(world) + emptyOrganizations
}

export function organizationName(organization: number): string {
  return `org-${String(organization).padStart(6, '0')}`
}

export function username(person: number): string {
  return `person-${String(person).padStart(6, '0')}`
}

export function repositoryPath(position: number): string {
  return `service-${position}`
}

export function repositoryNumber(organization: number, position: number): number {
  return organization * repositoriesPerOrganization + position
}

/** The members of an organization, its owner first. */
export function memberNumbers(world: World, organization: number): number[] {
  const people = organizationCount(world)
  return Array.from({ length: membersPerOrganization }, (_, member) => (organization + member * 7) % people)
}

/** Organizations make their tokens by turns, so that those of one lie scattered in the tables, as they come to do. */
export function tokenNumber(world: World, organization: number, position: number): number {
  return position * fullOrganizations(world) + organization
}

export function tokenPlace(world: World, token: number): { readonly organization: number; readonly position: number } {
  const full = fullOrganizations(world)
  return { organization: token % full, position: Math.floor(token / full) }
}

/** Of every ten tokens of an organization one has expired and one is inactive. */
export function isActive(position: number): boolean {
  return position % 10 > 1
}

/** Every other token of an organization may push to all of its repositories, the rest to one. */
export function isForAllRepositories(position: number): boolean {
  return position % 2 === 0
}

const firstDay = Date.UTC(2025, 0, 1)
const yearMs = 365 * 24 * 60 * 60 * 1000

/** When the n-th of `count` things was made: they are spread over a year. */
export function madeAt(n: number, count: number): Date {
  return new Date(firstDay + Math.floor((n / count) * yearMs))
}

/** The id of the n-th of `count` things of a kind. As with real ones, what was made later has a greater id. */
export function idOf(prefix: IdPrefix, n: number, count: number): string {
  const bytes = createHash('sha256').update(`${prefix} ${n}`).digest()
  let next = 0
  return `${prefix}_${ulid(madeAt(n, count).getTime(), () => (bytes[next++] ?? 0) / 256)}`
}

export function organizationId(world: World, organization: number): string {
  return idOf('org', organization, organizationCount(world))
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The n-th secret of a kind; the servers know those below the number of tokens or people. */
export function secretOf(kind: SecretKind, n: number): string {
  const bytes = createHash('sha256').update(`${secretKey} ${kind} ${n}`).digest().subarray(0, 30)
  const body = `${tokenBrand}_${kind}_${[...bytes].map((byte) => alphabet.charAt(byte % alphabet.length)).join('')}`
  let checksum = crc32(body)
  let digits = ''
  for (let position = 0; position < 6; position++) {
    digits = alphabet.charAt(checksum % alphabet.length) + digits
    checksum = Math.floor(checksum / alphabet.length)
  }
  return body + digits
}

export function secretHash(secret: string): Buffer {
  return hashSecret(secret, tokenHashKey)
}

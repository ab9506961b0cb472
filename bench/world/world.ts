import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ulid } from 'ulid'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import type { SecretKind } from '../../src/domain/secrets/token-secret.ts'
import { hashSecret } from '../../src/domain/secrets/token-secret.ts'
import type { IdPrefix } from '../../src/domain/shared/id.ts'

/*
 * The contents of a benchmark's database. Everything is derived from its number: ids, names and secrets are the same in
 * every run, and known without a lookup.
 */

/** The size of a world. */
export interface World {
  /** Access tokens: a multiple of `tokensPerOrganization`. */
  readonly tokens: number
  /** Activity events: one per token, unless this is larger. */
  readonly events: number
}

/** The limit of BUSINESS, so that a page of 50 is half of the tokens in a world of any size. */
export const tokensPerOrganization = 100
/** Organizations on BUSINESS without tokens, to generate tokens for. */
export const emptyOrganizations = 1_000
export const membersPerOrganization = 5
export const repositoriesPerOrganization = 10

/** The `SECRET_KEY` of every server in a benchmark. */
export const secretKey = 'the secret key of a database that holds nothing real'
export const { tokenHashKey } = deriveKeys(Buffer.from(secretKey))
export const tokenBrand = 'pstn'

/** Organizations with tokens: the first ones. */
export function fullOrganizations(world: World): number {
  return world.tokens / tokensPerOrganization
}

/** All organizations. The owner of each is the person with the same number. */
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

/** Organizations take turns to generate tokens, so that those of one are scattered in the tables, as in practice. */
export function tokenNumber(world: World, organization: number, position: number): number {
  return position * fullOrganizations(world) + organization
}

export function tokenPlace(world: World, token: number): { readonly organization: number; readonly position: number } {
  const full = fullOrganizations(world)
  return { organization: token % full, position: Math.floor(token / full) }
}

/** Of every ten tokens of an organization, one has expired and one is inactive. */
export function isActive(position: number): boolean {
  return position % 10 > 1
}

/** Every other token of an organization may push to all of its repositories, the others to one. */
export function isForAllRepositories(position: number): boolean {
  return position % 2 === 0
}

const firstDay = Date.UTC(2025, 0, 1)
const yearMs = 365 * 24 * 60 * 60 * 1000

/** The creation time of the n-th of `count` things: they are spread over a year. */
export function createdAt(n: number, count: number): Date {
  return new Date(firstDay + Math.floor((n / count) * yearMs))
}

/** The id of the n-th of `count` things of a kind. Later ones have greater ids, as in practice. */
export function idOf(prefix: IdPrefix, n: number, count: number): string {
  const bytes = createHash('sha256').update(`${prefix} ${n}`).digest()
  let next = 0
  return `${prefix}_${ulid(createdAt(n, count).getTime(), () => (bytes[next++] ?? 0) / 256)}`
}

export function organizationId(world: World, organization: number): string {
  return idOf('org', organization, organizationCount(world))
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The n-th secret of a kind. The servers know those below the number of tokens or people. */
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

import { type KeyObject, randomUUID, sign } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { RepositoryAction } from '../domain/registry-access/repository-action.ts'
import type { SigningKey } from './signing-key.ts'

/** The actions that a registry token allows on a repository. Names are exact: Distribution has no wildcards. */
export interface GrantedAccess {
  readonly type: 'repository'
  readonly name: string
  readonly actions: ReadonlyArray<RepositoryAction>
}

/** A bearer token for one response. */
export interface IssuedToken {
  readonly token: string
  /** Counted from now. The token can be valid for a few seconds longer. */
  readonly expiresInSeconds: number
}

interface SharedToken {
  readonly token: string
  readonly issuedAt: Date
}

// Pipelines start many jobs at once.
const sharedForMs = 5_000
// The last request that shares a token can use it for as long as the first. Times in tokens are whole seconds.
const sharedSeconds = sharedForMs / 1_000 + 1
// Of about 2 kB each.
const maxShared = 1_000
// So few that the garbage collector frees them while they are young, even if all grants differ.
const maxRequested = 100

/**
 * Issues bearer tokens. Requests with the same subject and grant get the same token for some seconds, because a
 * signature takes longer than the rest of a request. The grant is decided for each request before.
 */
export class TokenIssuer {
  readonly issuer: string
  readonly service: string
  readonly #grantSeconds: number
  readonly #key: SigningKey
  /** Grants that were requested recently. Most are not requested again, so their tokens are not kept. */
  readonly #requested = new LRUCache<string, true>({ max: maxRequested })
  /** Tokens by grant, for grants that were requested again. */
  readonly #shared = new LRUCache<string, SharedToken>({ max: maxShared })

  constructor(options: { issuer: string; service: string; grantSeconds: number; key: SigningKey }) {
    this.issuer = options.issuer
    this.service = options.service
    this.#grantSeconds = options.grantSeconds
    this.#key = options.key
  }

  /** A token for this subject with this access, issued now or a few seconds ago. */
  issue(subject: string, access: readonly GrantedAccess[], now: Date): IssuedToken {
    const expiresInSeconds = this.#grantSeconds
    const grant = `${subject} ${JSON.stringify(access)}`
    const shared = this.#shared.get(grant)
    if (shared !== undefined && isFresh(shared, now)) return { token: shared.token, expiresInSeconds }
    const token = issueBearerToken(this.#key, {
      issuer: this.issuer,
      audience: this.service,
      subject,
      access,
      jti: randomUUID(),
      issuedAt: now,
      lifetimeSeconds: expiresInSeconds + sharedSeconds,
    })
    if (this.#requested.has(grant)) this.#shared.set(grant, { token, issuedAt: now })
    else this.#requested.set(grant, true)
    return { token, expiresInSeconds }
  }
}

function isFresh({ issuedAt }: SharedToken, now: Date): boolean {
  const age = now.getTime() - issuedAt.getTime()
  return age >= 0 && age < sharedForMs
}

/** For registries whose clock is slow, in addition to Distribution's own leeway. */
const NOT_BEFORE_SLACK_SECONDS = 5

export interface BearerTokenClaims {
  /** The `issuer` in the registry's configuration. */
  readonly issuer: string
  /** The `service` in the registry's configuration. */
  readonly audience: string
  /** The only claim that reports and logs of the registry contain (`actor.name`). Empty for anonymous clients. */
  readonly subject: string
  readonly access: ReadonlyArray<GrantedAccess>
  /** The id of the token. */
  readonly jti: string
  readonly issuedAt: Date
  readonly lifetimeSeconds: number
}

const headers = new WeakMap<SigningKey, string>()

/**
 * Issues a registry token: a JWT (RFC 7519), signed with ES256, in the only form that Distribution 2.8, 3.0 and 3.1 all
 * accept with only a `rootcertbundle`: with both `kid` and `x5c`, `aud` as a string, and times in whole seconds.
 *
 * @see https://distribution.github.io/distribution/spec/auth/jwt/
 */
export function issueBearerToken(key: SigningKey, claims: BearerTokenClaims): string {
  const issuedAt = Math.floor(claims.issuedAt.getTime() / 1000)
  const payload = encode({
    iss: claims.issuer,
    sub: claims.subject,
    aud: claims.audience,
    exp: issuedAt + claims.lifetimeSeconds,
    nbf: issuedAt - NOT_BEFORE_SLACK_SECONDS,
    iat: issuedAt,
    jti: claims.jti,
    access: claims.access.map(({ type, name, actions }) => ({ type, name, actions })),
  })
  const signed = `${headerOf(key)}.${payload}`
  return `${signed}.${signEs256(signed, key.privateKey).toString('base64url')}`
}

/** The header, which is the same for all tokens of a key, and has most of a token's bytes. */
function headerOf(key: SigningKey): string {
  const known = headers.get(key)
  if (known !== undefined) return known
  const header = encode({ alg: 'ES256', typ: 'JWT', kid: key.kid, x5c: [key.certificateDer.toString('base64')] })
  headers.set(key, header)
  return header
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

// The length of a number of P-256.
const numberBytes = 32

/**
 * The ES256 signature of a text: ECDSA with P-256 and SHA-256, its two numbers side by side (RFC 7518, section 3.4).
 *
 * Node itself also has this format, but takes twice as long for it as for the DER format, which it gets from OpenSSL.
 */
export function signEs256(text: string, privateKey: KeyObject): Buffer {
  return sideBySide(sign('sha256', Buffer.from(text), privateKey))
}

/**
 * Converts `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, section 2.2.3) to both numbers in full length. In DER, they
 * have only the necessary bytes, and a leading zero if they would be negative. All lengths are below 128, so they take
 * one byte.
 */
function sideBySide(der: Buffer): Buffer {
  const first = integerAt(der, 2)
  const second = integerAt(der, first.end)
  const numbers = Buffer.alloc(2 * numberBytes)
  der.copy(numbers, numberBytes - (first.end - first.start), first.start, first.end)
  der.copy(numbers, 2 * numberBytes - (second.end - second.start), second.start, second.end)
  return numbers
}

/** The start and end of the bytes of the INTEGER at this position, without a leading zero. */
function integerAt(der: Buffer, place: number): { readonly start: number; readonly end: number } {
  const start = place + 2
  const end = start + der.readUInt8(place + 1)
  return { start: Math.max(start, end - numberBytes), end }
}

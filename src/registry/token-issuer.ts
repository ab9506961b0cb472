import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type GrantedAccess, issueBearerToken } from './bearer-token.ts'
import type { SigningKey } from './signing-key.ts'

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

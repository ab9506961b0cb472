import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type GrantedAccess, issueBearerToken } from './bearer-token.ts'
import type { SigningKey } from './signing-key.ts'

/** A bearer token for one response. */
export interface IssuedToken {
  readonly token: string
  /** From now on. It may be valid for a few seconds longer. */
  readonly expiresInSeconds: number
}

interface SharedToken {
  readonly token: string
  readonly issuedAt: Date
}

// Pipelines start many jobs at once.
const sharedForMs = 5_000
// The last one who gets a shared token can use it for as long as the first. Times in tokens are whole seconds.
const sharedSeconds = sharedForMs / 1_000 + 1
// Of about 2 kB each.
const maxShared = 1_000
// So few that they are forgotten while they are young to the garbage collector, also when all grants differ.
const maxAsked = 100

/**
 * Issues bearer tokens. The same grant to the same subject, when it is asked for again, is answered with the same token for some
 * seconds: a signature takes longer than all the rest of an answer. What is granted is decided anew each time, before this is
 * asked.
 */
export class TokenIssuer {
  readonly issuer: string
  readonly service: string
  readonly #grantSeconds: number
  readonly #key: SigningKey
  /** Grants that were asked for of late. Most never are again: to keep their tokens would only make work. */
  readonly #asked = new LRUCache<string, true>({ max: maxAsked })
  /** By grant, of those that were asked for again. */
  readonly #shared = new LRUCache<string, SharedToken>({ max: maxShared })

  constructor(options: { issuer: string; service: string; grantSeconds: number; key: SigningKey }) {
    this.issuer = options.issuer
    this.service = options.service
    this.#grantSeconds = options.grantSeconds
    this.#key = options.key
  }

  /** A token for this subject with this access, made now or a few seconds ago. */
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
    if (this.#asked.has(grant)) this.#shared.set(grant, { token, issuedAt: now })
    else this.#asked.set(grant, true)
    return { token, expiresInSeconds }
  }
}

function isFresh({ issuedAt }: SharedToken, now: Date): boolean {
  const age = now.getTime() - issuedAt.getTime()
  return age >= 0 && age < sharedForMs
}

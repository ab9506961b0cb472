import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type GrantedAccess, issueBearerToken } from './bearer-token.ts'
import type { SigningKey } from './signing-key.ts'

/** A bearer token that was given out. */
export interface IssuedToken {
  readonly token: string
  readonly issuedAt: Date
}

// Pipelines start many jobs at once. A token is still good for 55 seconds when the last one gets it.
const sharedForMs = 5_000
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
  readonly #key: SigningKey
  /** Grants that were asked for of late. Most never are again: to keep their tokens would only make work. */
  readonly #asked = new LRUCache<string, true>({ max: maxAsked })
  /** By grant, of those that were asked for again. */
  readonly #shared = new LRUCache<string, IssuedToken>({ max: maxShared })

  constructor(issuer: string, service: string, key: SigningKey) {
    this.issuer = issuer
    this.service = service
    this.#key = key
  }

  /** A token for this subject with this access, issued now or a few seconds ago. */
  issue(subject: string, access: readonly GrantedAccess[], now: Date): IssuedToken {
    const grant = `${subject} ${JSON.stringify(access)}`
    const shared = this.#shared.get(grant)
    if (shared !== undefined && isFresh(shared, now)) return shared
    const token = issueBearerToken(this.#key, {
      issuer: this.issuer,
      audience: this.service,
      subject,
      access,
      jti: randomUUID(),
      issuedAt: now,
    })
    const issued = { token, issuedAt: now }
    if (this.#asked.has(grant)) this.#shared.set(grant, issued)
    else this.#asked.set(grant, true)
    return issued
  }
}

function isFresh({ issuedAt }: IssuedToken, now: Date): boolean {
  const age = now.getTime() - issuedAt.getTime()
  return age >= 0 && age < sharedForMs
}

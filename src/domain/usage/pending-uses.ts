import { clientNetwork } from '../shared/client-network.ts'
import { copyOf } from '../shared/client-text.ts'
import type { TokenUse } from './token-use-store.ts'

// A token is used from a few networks within seconds. More are more events than anybody reads.
const maxNetworksOfToken = 20

// About 5 MB.
const maxOfNetworks = 10_000

type PendingUse = { -readonly [Property in keyof TokenUse]: TokenUse[Property] }

/**
 * Uses that are not written yet: the newest of each secret and network, because the first use from a network is an
 * event. Their number is limited. Uses from further networks are kept in one place for each secret, the newest of them,
 * so the last use of a token is never lost.
 */
export class PendingUses {
  readonly #uses = new Map<string, PendingUse>()
  readonly #countByToken = new Map<string, number>()

  get size(): number {
    return this.#uses.size
  }

  has(key: string): boolean {
    return this.#uses.has(key)
  }

  /** Whether a use of the same secret and network is pending. */
  includes(use: TokenUse): boolean {
    return this.#uses.has(this.#keyOf(use))
  }

  /** Adds a use. Returns the key that it has while it is pending. */
  note(use: TokenUse): string {
    const key = this.#keyOf(use)
    const noted = this.#uses.get(key)
    if (noted !== undefined) {
      keepNewest(noted, use)
      return key
    }
    const { repository } = use
    this.#uses.set(key, { ...use, repository: repository === null ? null : copyOf(repository) })
    this.#countByToken.set(use.tokenId, (this.#countByToken.get(use.tokenId) ?? 0) + 1)
    return key
  }

  /** All uses and their keys, the oldest first. They can be taken meanwhile. */
  entries(): MapIterator<[string, TokenUse]> {
    return this.#uses.entries()
  }

  /** Takes a use out. */
  take(key: string, { tokenId }: TokenUse): void {
    if (!this.#uses.delete(key)) return
    const left = (this.#countByToken.get(tokenId) ?? 1) - 1
    if (left === 0) this.#countByToken.delete(tokenId)
    else this.#countByToken.set(tokenId, left)
  }

  #keyOf({ secretId, tokenId, ipAddress }: TokenUse): string {
    const secret = secretId ?? tokenId
    const key = ipAddress === null ? secret : `${secret} ${clientNetwork(ipAddress)}`
    const isFull = (this.#countByToken.get(tokenId) ?? 0) >= maxNetworksOfToken || this.#uses.size >= maxOfNetworks
    return isFull && !this.#uses.has(key) ? secret : key
  }
}

// An object that lives for seconds, with the strings of its request, is work for the garbage collector. So the first
// object is changed, and not replaced.
function keepNewest(noted: PendingUse, use: TokenUse): void {
  if (noted.at > use.at) return
  noted.at = use.at
  if (noted.ipAddress !== use.ipAddress) noted.ipAddress = use.ipAddress
  if (noted.client !== use.client) noted.client = use.client
  if (use.repository !== null && noted.repository !== use.repository) noted.repository = copyOf(use.repository)
}

import { clientSite } from '../shared/client-network.ts'
import { Denied } from '../shared/errors.ts'

export interface FairQueueOptions {
  readonly maxAtOnce: number
  /** Of all networks of a lane together. */
  readonly maxWaiting: number
  readonly maxWaitingOfNetwork: number
}

interface Waiter {
  readonly start: () => void
  readonly deny: (denial: Denied) => void
}

const retryAfterSeconds = 10

/**
 * Lets some pieces of work run at once, and has the others wait. Sites take turns, and in a site its networks, however
 * many wait at each, so a flood from one site delays another by one turn. Clients that have proved who they are before
 * wait in a lane of their own, which has every second turn, so a flood from any number of networks does not keep them
 * out.
 */
export class FairQueue {
  readonly #maxAtOnce: number
  /** The lane whose turn is next comes first. */
  #lanes: readonly [Lane, Lane]
  readonly #proven: Lane
  readonly #others: Lane
  #running = 0

  constructor(options: FairQueueOptions) {
    this.#maxAtOnce = options.maxAtOnce
    this.#proven = new Lane(options)
    this.#others = new Lane(options)
    this.#lanes = [this.#proven, this.#others]
  }

  /**
   * Runs a piece of work when a place is free. Throws `Denied` (TOO_MANY_REQUESTS) at once when too many wait; where a
   * lane is full, the site with the most waiting gives up a place to one with fewer, and so do the networks of a site.
   */
  async run<T>(network: string, isProven: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxAtOnce) this.#running++
    else await (isProven ? this.#proven : this.#others).wait(network)
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  /** Hands a place that has become free to the next waiter. */
  #next(): void {
    const [first, second] = this.#lanes
    this.#lanes = [second, first]
    const waiter = first.shift() ?? second.shift()
    if (waiter === undefined) this.#running--
    else waiter.start()
  }
}

/** Those of one site who wait, by network; the network whose turn is next comes first, and no list is empty. */
class Site {
  readonly #waiting = new Map<string, Waiter[]>()
  #count = 0

  get count(): number {
    return this.#count
  }

  countOf(network: string): number {
    return this.#waiting.get(network)?.length ?? 0
  }

  add(network: string, waiter: Waiter): void {
    this.#count++
    const waiters = this.#waiting.get(network)
    if (waiters === undefined) this.#waiting.set(network, [waiter])
    else waiters.push(waiter)
  }

  /** Takes out the one whose turn it is. */
  shift(): Waiter | undefined {
    const [next] = this.#waiting
    if (next === undefined) return undefined
    const [network, waiters] = next
    this.#waiting.delete(network)
    const waiter = waiters.shift()
    if (waiters.length > 0) this.#waiting.set(network, waiters)
    this.#count--
    return waiter
  }

  /** Denies a waiter of the network with the most, if that has more than `count`. Returns whether it has. */
  denyOneAbove(count: number): boolean {
    let longest: readonly [string, Waiter[]] = ['', []]
    for (const entry of this.#waiting) if (entry[1].length > longest[1].length) longest = entry
    const [network, waiters] = longest
    if (waiters.length <= count) return false
    waiters.pop()?.deny(tooManyWait())
    if (waiters.length === 0) this.#waiting.delete(network)
    this.#count--
    return true
  }
}

class Lane {
  readonly #options: FairQueueOptions
  /** The site whose turn is next comes first, and somebody waits at each. */
  readonly #sites = new Map<string, Site>()
  #count = 0

  constructor(options: FairQueueOptions) {
    this.#options = options
  }

  wait(network: string): Promise<void> {
    const name = clientSite(network)
    const site = this.#sites.get(name) ?? new Site()
    const ownCount = site.countOf(network)
    if (ownCount >= this.#options.maxWaitingOfNetwork || !this.#hasRoomAt(site, ownCount)) throw tooManyWait()
    return new Promise((start, deny) => {
      this.#count++
      site.add(network, { start, deny })
      if (!this.#sites.has(name)) this.#sites.set(name, site)
    })
  }

  /** Takes out the one whose turn it is. */
  shift(): Waiter | undefined {
    const [next] = this.#sites
    if (next === undefined) return undefined
    const [name, site] = next
    this.#sites.delete(name)
    const waiter = site.shift()
    if (site.count > 0) this.#sites.set(name, site)
    this.#count--
    return waiter
  }

  /**
   * Whether there is room at a site for one more of a network where so many wait. If it is fair, somebody who waits is
   * denied: of the site with the most, or of the same site and its network with the most.
   */
  #hasRoomAt(site: Site, ownCount: number): boolean {
    if (this.#count < this.#options.maxWaiting) return true
    let largest = site
    for (const each of this.#sites.values()) if (each.count > largest.count) largest = each
    const isDenied = largest.count > site.count + 1 ? largest.denyOneAbove(0) : site.denyOneAbove(ownCount + 1)
    if (isDenied) this.#count--
    return isDenied
  }
}

function tooManyWait(): Denied {
  return new Denied(
    'TOO_MANY_REQUESTS',
    `Too many people are signing in at this moment. Try again in ${retryAfterSeconds} seconds. ` +
      'Access tokens still work.',
    { seconds: retryAfterSeconds, limits: [] },
  )
}

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
 * Lets some pieces of work run at once, and has the others wait. Networks take turns, however many wait at each, so a
 * flood from one network delays another by one turn. Clients that have proved who they are before wait in a lane of
 * their own, which has every second turn, so a flood from any number of networks does not keep them out.
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
   * lane is full, the network with the most waiting gives up a place to one with fewer.
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

class Lane {
  readonly #options: FairQueueOptions
  /** Who waits, by network; the network whose turn is next comes first, and no list is empty. */
  readonly #waiting = new Map<string, Waiter[]>()
  #count = 0

  constructor(options: FairQueueOptions) {
    this.#options = options
  }

  wait(network: string): Promise<void> {
    const own = this.#waiting.get(network)
    const ownCount = own?.length ?? 0
    if (ownCount >= this.#options.maxWaitingOfNetwork || !this.#hasRoomBeside(ownCount)) throw tooManyWait()
    return new Promise((start, deny) => {
      this.#count++
      if (own === undefined) this.#waiting.set(network, [{ start, deny }])
      else own.push({ start, deny })
    })
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

  /**
   * Whether there is room for one more of a network where so many wait. If it is fair, a waiter of the network with the
   * most is denied.
   */
  #hasRoomBeside(ownCount: number): boolean {
    if (this.#count < this.#options.maxWaiting) return true
    let longest: Waiter[] = []
    for (const waiters of this.#waiting.values()) if (waiters.length > longest.length) longest = waiters
    if (longest.length <= ownCount + 1) return false
    longest.pop()?.deny(tooManyWait())
    this.#count--
    return true
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

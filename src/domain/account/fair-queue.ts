import { Denied } from '../errors.ts'

export interface FairQueueOptions {
  readonly maxAtOnce: number
  /** Of all networks together. */
  readonly maxWaiting: number
  readonly maxWaitingOfNetwork: number
}

interface Waiter {
  readonly start: () => void
  readonly deny: (denial: Denied) => void
}

const retryAfterSeconds = 10

/**
 * Lets some pieces of work run at once, and has the others wait: networks take turns, whatever the number of those who wait
 * there. So whoever sends many holds up those at the same network, and the others by one turn.
 */
export class FairQueue {
  readonly #options: FairQueueOptions
  /** Who waits, by network; the network whose turn is next comes first, and none is empty. */
  readonly #waiting = new Map<string, Waiter[]>()
  #waitingCount = 0
  #running = 0

  constructor(options: FairQueueOptions) {
    this.#options = options
  }

  /**
   * Runs a piece of work when a place is free. Throws `Denied` (TOO_MANY_REQUESTS) at once when too many wait; where all places
   * are taken, the network where most wait makes room for one where fewer do.
   */
  async run<T>(network: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.maxAtOnce) this.#running++
    else await this.#wait(network)
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #wait(network: string): Promise<void> {
    const own = this.#waiting.get(network)
    const ownCount = own?.length ?? 0
    if (ownCount >= this.#options.maxWaitingOfNetwork || !this.#hasRoomBeside(ownCount)) throw tooManyWait()
    return new Promise((start, deny) => {
      this.#waitingCount++
      if (own === undefined) this.#waiting.set(network, [{ start, deny }])
      else own.push({ start, deny })
    })
  }

  /** Whether there is room for one more at a network where so many wait; makes some, if that is just. */
  #hasRoomBeside(ownCount: number): boolean {
    if (this.#waitingCount < this.#options.maxWaiting) return true
    const [longest] = [...this.#waiting].toSorted(([, one], [, other]) => other.length - one.length)
    if (longest === undefined || longest[1].length <= ownCount + 1) return false
    longest[1].pop()?.deny(tooManyWait())
    this.#waitingCount--
    return true
  }

  /** Hands a place that has become free to the next network. */
  #next(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#running--
      return
    }
    const [network, waiters] = next
    this.#waiting.delete(network)
    const waiter = waiters.shift()
    if (waiters.length > 0) this.#waiting.set(network, waiters)
    this.#waitingCount--
    waiter?.start()
  }
}

function tooManyWait(): Denied {
  return new Denied(
    'TOO_MANY_REQUESTS',
    `Too many people are signing in at this moment. Try again in ${retryAfterSeconds} seconds. Access tokens still work.`,
    { seconds: retryAfterSeconds, limits: [] },
  )
}

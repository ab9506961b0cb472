/** How long another network is protected after its last request. */
const contentionMs = 1_000

/** Whether several networks have requests at the same time. */
export class Contention {
  #last = { network: '', at: Number.NEGATIVE_INFINITY }
  #lastOfAnother = this.#last

  note(network: string, at: number): void {
    if (network !== this.#last.network) this.#lastOfAnother = this.#last
    this.#last = { network, at }
  }

  /** Whether another network has had a request just now. */
  exists(network: string, now: number): boolean {
    const another = network === this.#last.network ? this.#lastOfAnother : this.#last
    return now - another.at < contentionMs
  }
}

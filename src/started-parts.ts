/** The parts of Postern that have started, each with a function that stops it. Stops the newest first, once. */
export class StartedParts {
  readonly #stops: Array<() => Promise<unknown>> = []
  #stopped: Promise<void> | undefined

  add(stop: () => Promise<unknown>): void {
    this.#stops.push(stop)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  async #stopAll(): Promise<void> {
    for (const stop of this.#stops.toReversed()) await stop()
  }
}

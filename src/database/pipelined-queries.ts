import pg from 'pg'

// One would do for speed. A second keeps a slow statement from holding up all the others.
const laneCount = 2

/**
 * Makes `pool.query` send statements one behind the other on few connections, without waiting for the answers in between
 * (pipelining). For the short lookups that requests are made of this takes half of the time that a connection for each
 * takes, here and in PostgreSQL: whole bunches of them are written, and answered, at once. Transactions have a connection of
 * the pool's, from `pool.connect`; so these are beside its number.
 *
 * The clients of the pool have to be made with `pipeline: true`.
 */
export function pipelineQueries(pool: pg.Pool): void {
  // Left to itself, PostgreSQL plans a prepared lookup of a few keys anew each time, for that looks cheaper to it: planning
  // costs more than the lookup.
  const options = `${pool.options.options ?? ''} -c plan_cache_mode=force_generic_plan`
  // The pool hides its password, which is not copied with the rest.
  const { password } = pool.options
  const ofLanes = new pg.Pool({ ...pool.options, password, min: 0, max: laneCount, options })
  // Whoever listens to the pool hears of these, too.
  ofLanes.on('connect', (client) => pool.emit('connect', client))
  ofLanes.on('error', (error, client) => pool.emit('error', error, client))
  const lanes = Array.from({ length: laneCount }, () => new Lane(ofLanes))
  const query = (config: pg.QueryConfig) =>
    lanes.reduce((one, other) => (other.underWay < one.underWay ? other : one)).query(config)
  const endPool = pool.end.bind(pool)
  const end = async () => {
    await ofLanes.end()
    await endPool()
  }
  Object.assign(pool, { query, end })
}

interface Borrowed {
  readonly client: Promise<pg.PoolClient>
  underWay: number
}

/** One connection after the other: each is the pool's again when nothing is under way on it. */
class Lane {
  readonly #pool: pg.Pool
  #current: Borrowed | undefined

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  get underWay(): number {
    return this.#current?.underWay ?? 0
  }

  async query(config: pg.QueryConfig): Promise<pg.QueryResult> {
    this.#current ??= { client: this.#pool.connect(), underWay: 0 }
    const borrowed = this.#current
    borrowed.underWay++
    try {
      return await send(await borrowed.client, config)
    } catch (error) {
      // Not PostgreSQL's answer, so there may be no PostgreSQL any more: whoever comes next takes another connection.
      if (!(error instanceof pg.DatabaseError)) this.#giveUp(borrowed)
      throw error
    } finally {
      borrowed.underWay--
      if (borrowed.underWay === 0) {
        this.#giveUp(borrowed)
        // The pool drops it when it is broken; and one that could not be had is nobody's.
        borrowed.client.then(
          (client) => client.release(),
          () => undefined,
        )
      }
    }
  }

  #giveUp(borrowed: Borrowed): void {
    if (this.#current === borrowed) this.#current = undefined
  }
}

// The promise that pg makes itself, where it is given no callback, keeps all that waits for it in memory until the next
// full garbage collection: a tenth of the time went there.
function send(client: pg.PoolClient, config: pg.QueryConfig): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    client.query(config, (error: Error | null, result: pg.QueryResult) => (error ? reject(error) : resolve(result)))
  })
}

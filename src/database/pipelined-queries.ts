import pg from 'pg'
import { isDatabaseReadOnly } from '../domain/shared/database-down.ts'
import { closeReadOnly, type ReadOnlySighting } from './close-read-only.ts'

// One lane is enough for speed. With a second, a slow statement does not block all others.
const laneCount = 2

/**
 * Lets `pool.query` send statements on few connections without waiting for the previous results (pipelining). For the
 * short lookups of requests, this takes half of the time of a connection for each, here and in PostgreSQL: many
 * statements and results are sent together. Transactions use connections of the pool, from `pool.connect`; the
 * connections of the lanes are additional.
 *
 * The clients of the pool must be created with `pipeline: true`.
 */
export function pipelineQueries(pool: pg.Pool, sighting: ReadOnlySighting): void {
  // By default, PostgreSQL plans a prepared lookup of a few keys again each time, because the plan seems cheaper. But
  // planning takes longer than the lookup.
  const options = `${pool.options.options ?? ''} -c plan_cache_mode=force_generic_plan`
  // The password of a pool is not enumerable, so spreading does not copy it.
  const { password } = pool.options
  const ofLanes = new pg.Pool({ ...pool.options, password, min: 0, max: laneCount, options })
  closeReadOnly(ofLanes, sighting)
  // Listeners of the pool also receive the events of these connections.
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

/** Uses one connection at a time, and releases it to the pool when it has no pending statements. */
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
      // If the error is not from PostgreSQL, the connection may be broken. The next statement takes another one.
      if (!(error instanceof pg.DatabaseError) || isDatabaseReadOnly(error)) this.#giveUp(borrowed)
      throw error
    } finally {
      borrowed.underWay--
      if (borrowed.underWay === 0) {
        this.#giveUp(borrowed)
        // The pool closes a broken connection. If there was no connection, nothing must be released.
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

// Without a callback, pg creates a promise that keeps its waiters in memory until the next full garbage collection,
// which took a tenth of the time.
function send(client: pg.PoolClient, config: pg.QueryConfig): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    client.query(config, (error: Error | null, result: pg.QueryResult) => (error ? reject(error) : resolve(result)))
  })
}

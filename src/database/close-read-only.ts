import type pg from 'pg'
import { PreparingClient } from './preparing-client.ts'

/** When a statement failed last because its server is read-only, by `performance.now()`. Pools can share it. */
export interface ReadOnlySighting {
  at: number
}

/**
 * Lets a pool close the connections that were opened before a server turned out to be read-only. After a failover, they
 * still reach the old server, and a new connection reaches its successor.
 */
export function closeReadOnly(pool: pg.Pool, sighting: ReadOnlySighting): void {
  const connect = pool.connect.bind(pool)
  const openedAt = new WeakMap<pg.PoolClient, number>()
  Object.assign(pool, {
    async connect() {
      const client = await connect()
      const opened = openedAt.get(client) ?? performance.now()
      openedAt.set(client, opened)
      // The pool sets it again whenever it lends the client.
      const release = client.release
      client.release = (error) => {
        if (client instanceof PreparingClient) sighting.at = Math.max(sighting.at, client.readOnlyAt)
        release(error || opened <= sighting.at)
      }
      return client
    },
  })
}

import type pg from 'pg'
import { PreparingClient } from './preparing-client.ts'

/**
 * Lets a pool close connections whose server has turned out to be read-only. After a failover, they still reach the old
 * server, and a new connection reaches its successor.
 */
export function closeReadOnly(pool: pg.Pool): void {
  const connect = pool.connect.bind(pool)
  Object.assign(pool, {
    async connect() {
      const client = await connect()
      // The pool sets it again whenever it lends the client.
      const release = client.release
      client.release = (error) => release(error || (client instanceof PreparingClient && client.isReadOnly))
      return client
    },
  })
}

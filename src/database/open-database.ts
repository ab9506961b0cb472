import { MikroORM } from '@mikro-orm/postgresql'
import pg from 'pg'
import { parseDatabaseUrl } from '../database-url/parse-database-url.ts'
import { toTimestamp } from '../domain/shared/timestamp.ts'
import { entities } from '../domain/sql/tables.ts'
import { closeReadOnly } from './close-read-only.ts'
import { connectionOptions } from './connection-options.ts'
import { pipelineQueries } from './pipelined-queries.ts'
import { PreparingClient } from './preparing-client.ts'

/** The ORM with its pool of connections. Close it with `close()`. */
export type Database = MikroORM

// Clients give up after some seconds, so waiting longer for a connection, a lock or a statement is useless.
const connectTimeoutMs = 10_000
const lockTimeoutMs = 5_000
const statementTimeoutMs = 15_000
const idleInTransactionTimeoutMs = 15_000
const maxConnections = 20

/**
 * Opens a PostgreSQL database for MikroORM and typed SQL. It connects at the first statement.
 *
 * @throws {DatabaseUrlError} if the URL is invalid.
 */
export async function openDatabase(url: string): Promise<Database> {
  const { driverOptions, ...database } = connectionOptions(parseDatabaseUrl(url), {
    Client: PreparingClient,
    connectTimeoutMs,
    options: [
      `-c lock_timeout=${lockTimeoutMs}`,
      `-c statement_timeout=${statementTimeoutMs}`,
      `-c idle_in_transaction_session_timeout=${idleInTransactionTimeoutMs}`,
    ],
  })
  return MikroORM.init({
    ...database,
    entities,
    // Every request forks its own entity manager. Using the global one by mistake throws.
    allowGlobalContext: false,
    ensureDatabase: false,
    forceUtcTimezone: true,
    pool: { min: 0, max: maxConnections },
    driverOptions: {
      ...driverOptions,
      pipeline: true,
      onPoolCreated(pool: pg.Pool) {
        readQuickly(pool)
        const sighting = { at: Number.NEGATIVE_INFINITY }
        closeReadOnly(pool, sighting)
        pipelineQueries(pool, sighting)
      },
    },
  })
}

const timestamptz = 1184
const textArray = 1009

/**
 * Parses timestamps to `2026-11-22T07:13:27.120Z`, the format of responses, and lists of permissions, of which pages
 * contain many, faster than the default parser, which reads each character.
 */
function readQuickly(pool: pg.Pool): void {
  const { types } = pool.options
  if (!(types instanceof pg.TypeOverrides))
    throw new TypeError('MikroORM no longer gives its pool type parsers of its own.')
  types.setTypeParser(timestamptz, toTimestamp)
  const readAnyArray = types.getTypeParser(textArray, 'text')
  types.setTypeParser(
    textArray,
    (text: string): unknown => readNames(text) ?? Reflect.apply(readAnyArray, types, [text]),
  )
}

/** The items of `{IMAGE_PULL,IMAGE_PUSH}`. Null if the text contains quotation marks or NULL. */
function readNames(text: string): string[] | null {
  return /^\{[A-Z_,]+\}$/.test(text) && !text.includes('NULL') ? text.slice(1, -1).split(',') : null
}

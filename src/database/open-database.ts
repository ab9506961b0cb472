import { MikroORM } from '@mikro-orm/postgresql'
import pg from 'pg'
import { entities } from '../domain/tables.ts'
import { PreparingClient } from './preparing-client.ts'

/** The entity manager's source and its pool of connections. Close it with `orm.close()`. */
export type Database = MikroORM

// Waiting for a connection, a lock or a statement longer than a client waits for its answer helps nobody.
const connectTimeoutMs = 10_000
const lockTimeoutMs = 5_000
const statementTimeoutMs = 15_000
const idleInTransactionTimeoutMs = 15_000
const maxConnections = 20

/** Opens a PostgreSQL database for MikroORM and typed SQL. It connects at the first statement. */
export function openDatabase(url: string): Promise<Database> {
  return MikroORM.init({
    clientUrl: url,
    entities,
    // Every request forks its own entity manager; a forgotten fork fails at once.
    allowGlobalContext: false,
    forceUtcTimezone: true,
    pool: { min: 0, max: maxConnections },
    driverOptions: {
      Client: PreparingClient,
      connectionTimeoutMillis: connectTimeoutMs,
      options: [
        '-c timezone=UTC',
        `-c lock_timeout=${lockTimeoutMs}`,
        `-c statement_timeout=${statementTimeoutMs}`,
        `-c idle_in_transaction_session_timeout=${idleInTransactionTimeoutMs}`,
      ].join(' '),
      onPoolCreated: readTimestampsAsText,
    },
  })
}

const timestamptz = 1184

/** Makes rows carry timestamps as `2026-11-22T07:13:27.120Z`, the form that answers need. */
function readTimestampsAsText(pool: pg.Pool): void {
  const { types } = pool.options
  if (!(types instanceof pg.TypeOverrides))
    throw new TypeError('MikroORM no longer gives its pool type parsers of its own.')
  types.setTypeParser(timestamptz, toRfc3339)
}

// PostgreSQL in UTC writes 2026-11-22 07:13:27.12+00, with trailing zeros of the fraction left out.
function toRfc3339(text: string): string {
  const seconds = `${text.slice(0, 10)}T${text.slice(11, 19)}`
  const fraction = text.slice(19, text.indexOf('+', 19))
  return `${seconds}.${fraction.slice(1).padEnd(3, '0').slice(0, 3)}Z`
}

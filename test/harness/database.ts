import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Client, escapeIdentifier } from 'pg'
import { inject } from 'vitest'

/** An empty, migrated database of one test file. */
export interface TestDatabase {
  readonly url: string
  /** Closes every connection to it, and drops it. */
  drop(): Promise<void>
}

/** Creates a database for a test file by copying the migrated template, in about a tenth of a second. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const clusterUrl = inject('clusterUrl')
  const name = `${inject('databasePrefix')}${randomBytes(4).toString('hex')}`
  const template = inject('templateDatabase')
  // Copying files takes a third of the time of logging every page.
  const copy = `template ${escapeIdentifier(template)} strategy file_copy`
  await execute(clusterUrl, `create database ${escapeIdentifier(name)} ${copy}`)
  return { url: urlOfDatabase(clusterUrl, name), drop: () => dropDatabase(clusterUrl, name) }
}

/** The same URL with another database. */
export function urlOfDatabase(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = name
  return other.href
}

const maxTries = 50
const insufficientPrivilege = '42501'

/** Drops a database that may be missing or have connections. */
export async function dropDatabase(clusterUrl: string, name: string): Promise<void> {
  const drop = `drop database if exists ${escapeIdentifier(name)} with (force)`
  for (let tries = 1; ; tries++)
    try {
      await execute(clusterUrl, drop)
      return
    } catch (error) {
      // Its autovacuum may be running, which this role cannot end. It is short.
      if (tries === maxTries || Reflect.get(Object(error), 'code') !== insufficientPrivilege) throw error
      await setTimeout(200)
    }
}

/** Waits until a session in the database waits for a lock. */
export async function waitsForLock(url: string): Promise<void> {
  const waiting =
    'select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())'
  for (let tries = 0; tries < 200; tries++) {
    if ((await execute(url, waiting)).length > 0) return
    await setTimeout(10)
  }
  throw new Error('Nobody waits for a lock.')
}

/** Runs one statement on a new connection, and returns its rows. */
export async function execute(url: string, statement: string): Promise<Array<Record<string, unknown>>> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // The statement fails by itself if the connection is lost. Without a listener, the process would exit as well.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

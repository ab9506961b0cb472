import { randomBytes } from 'node:crypto'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts'
import { migrateDatabase } from '../../src/database/migrate.ts'
import { dropDatabase, execute, urlOfDatabase } from './database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL 15 or newer, with a role that may create databases. */
    clusterUrl: string
    /** The migrated database to copy, which accepts no connections. */
    templateDatabase: string
    /** The prefix of every database name of this run. */
    databasePrefix: string
    /** The folder of the compiled checkout of this run, once a test has needed it. */
    checkout: string
  }
}

const oldestVersion = 150_000
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * One PostgreSQL for the whole run: an embedded one in a temporary folder, or the one of TEST_DATABASE_URL. Everything
 * is deleted when the run ends. The lane `unit` needs no PostgreSQL.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.vitest.projects.every(({ name }) => name === 'unit')) return
  const cluster = await (process.env.TEST_DATABASE_URL ? givenCluster(process.env.TEST_DATABASE_URL) : ownCluster())
  const databasePrefix = `postern_test_${randomBytes(4).toString('hex')}_`
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'postern-run-')))
  const end = () =>
    dropDatabases(cluster.url, databasePrefix)
      .finally(cluster.stop)
      .finally(() => remove(directory))
  try {
    project.provide('checkout', join(directory, 'checkout'))
    project.provide('clusterUrl', cluster.url)
    project.provide('databasePrefix', databasePrefix)
    project.provide('templateDatabase', await createTemplate(cluster.url, `${databasePrefix}template`))
  } catch (error) {
    await end()
    throw error
  }
  return end
}

interface Cluster {
  readonly url: string
  stop(): Promise<void>
}

async function givenCluster(url: string): Promise<Cluster> {
  const [server] = await execute(url, "select current_setting('server_version_num')::int as version")
  if (Number(server?.version) < oldestVersion)
    throw new Error('TEST_DATABASE_URL has to name a PostgreSQL 15 or newer.')
  return { url, stop: async () => undefined }
}

async function ownCluster(): Promise<Cluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-test-'))
  try {
    const { url, stop } = await startEmbeddedPostgres({ dataDir, log: console.warn, settings })
    // A password of 192 random bits does not need 4096 rounds, which every connection of every test would wait for.
    await execute(url, `set scram_iterations = 1; alter role postern password '${new URL(url).password}'`)
    return { url, stop: () => stop().finally(() => remove(dataDir)) }
  } catch (error) {
    await remove(dataDir)
    throw error
  }
}

/** Creates the migrated database that the databases of test files are copies of, and returns its name. */
export async function createTemplate(clusterUrl: string, name: string): Promise<string> {
  await execute(clusterUrl, `create database ${name}`)
  await migrateDatabase(urlOfDatabase(clusterUrl, name))
  // Copies fail while there is a connection to it.
  await execute(clusterUrl, `alter database ${name} allow_connections false`)
  return name
}

function remove(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 5 })
}

async function dropDatabases(clusterUrl: string, prefix: string): Promise<void> {
  const databases = await execute(clusterUrl, `select datname from pg_database where starts_with(datname, '${prefix}')`)
  for (const { datname } of databases) await dropDatabase(clusterUrl, String(datname))
}

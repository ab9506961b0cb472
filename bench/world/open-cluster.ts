import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts'
import { migrateDatabase } from '../../src/database/migrate.ts'
import { usageWindowAt } from '../../src/domain/usage/usage-limit.ts'
import { seedWorld } from './seed-world.ts'
import type { World } from './world.ts'

/** The PostgreSQL of the benchmarks, running with its own defaults of durability. */
export interface Cluster {
  /** For instance "PostgreSQL 18.4". */
  readonly version: string
  /** The URL of a world's database, which is made when there is none yet. */
  readonly open: (world: World) => Promise<string>
  readonly stop: () => Promise<void>
}

const dataDir = join(tmpdir(), 'postern-bench')
const prefix = 'world_'

/** Starts it on the data directory that runs share; `fresh`: without the worlds of earlier runs. */
export async function openCluster(fresh: boolean, log: (line: string) => void): Promise<Cluster> {
  // Every candidate keeps connections, and up to six of them run at once. The buffers are a share of memory that its
  // manual recommends for a database of gigabytes: the default of 128 MB is for one that has to start anywhere.
  const settings = { max_connections: '300', shared_buffers: '2GB' }
  const { url, stop } = await startEmbeddedPostgres({ dataDir, log: exceptForEnds(log), settings })
  try {
    const suffix = await digestOfSources()
    await dropWorlds(url, fresh ? null : suffix)
    const version = await withClient(url, versionOf)
    const open = async (world: World) => {
      const name = `${prefix}${world.tokens}_${world.events}_${suffix}`
      const worldUrl = urlOf(url, name)
      if (!(await exists(url, name))) {
        log(`Seeding a world of ${world.tokens} tokens and ${world.events} events; later runs find it again.`)
        await makeWorld(url, name, world)
      }
      await withClient(worldUrl, openUsageWindows)
      return worldUrl
    }
    return { version, open, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** It tells of every connection that it ends when it stops; a peer leaves its own behind. */
function exceptForEnds(log: (line: string) => void): (line: string) => void {
  return (line) => {
    if (!line.includes('terminating connection due to administrator command')) log(line)
  }
}

/** Under another name until all is there, so that what a killed run left unfinished is never taken for a world. */
async function makeWorld(url: string, name: string, world: World): Promise<void> {
  const draft = `${prefix}unfinished`
  await withClient(url, async (client) => {
    await client.query(`drop database if exists ${draft}`)
    await client.query(`create database ${draft}`)
  })
  await migrateDatabase(urlOf(url, draft))
  await withClient(urlOf(url, draft), async (client) => {
    await seedWorld(client, world)
    await openUsageWindows(client)
    const { rows } = await client.query<{ tables: string }>(
      `select string_agg(quote_ident(relname), ', ') as tables from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
    )
    await client.query(`vacuum (analyze) ${rows[0]?.tables}`)
  })
  await withClient(url, (client) => client.query(`alter database ${draft} rename to ${escapeIdentifier(name)}`))
}

/** Every token has pulled in the usage window of this moment, which a cached world was not made in. */
async function openUsageWindows(client: Client): Promise<void> {
  const { startsAt } = usageWindowAt(new Date())
  const { rowCount } = await client.query('select from usage_window where starts_at = $1 limit 1', [startsAt])
  if (rowCount !== 0) return
  await client.query('truncate usage_window')
  await client.query(
    `insert into usage_window (namespace_id, subject_id, starts_at, pulls)
     select namespace_id, id, $1, abs(hashtext(id)) % 500 from access_token order by id`,
    [startsAt],
  )
  await client.query('vacuum (analyze) usage_window')
}

/** A world is made anew when the tables or what is put into them have changed. */
async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const directory of [new URL('../../migrations/', import.meta.url), new URL('./', import.meta.url)])
    for (const file of (await readdir(directory, { recursive: true })).sort())
      if (file.endsWith('.ts')) hash.update(await readFile(new URL(file, directory)))
  return hash.digest('hex').slice(0, 8)
}

/** Drops what earlier runs left, except for worlds of this suffix. */
async function dropWorlds(url: string, except: string | null): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>('select datname as name from pg_database')
    for (const { name } of rows)
      if (name.startsWith(prefix) && (except === null || !name.endsWith(except)))
        await client.query(`drop database ${escapeIdentifier(name)}`)
  })
}

async function versionOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ version: string }>("select split_part(version(), ' on ', 1) as version")
  return rows[0]?.version ?? 'PostgreSQL'
}

async function exists(url: string, database: string): Promise<boolean> {
  const { rowCount } = await withClient(url, (client) =>
    client.query('select from pg_database where datname = $1', [database]),
  )
  return rowCount === 1
}

function urlOf(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = database
  return other.href
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

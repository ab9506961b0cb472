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

/** A running PostgreSQL with its default durability. */
export interface Cluster {
  /** For example "PostgreSQL 18.4". */
  readonly version: string
  /** The URL of a world's database, which is created if it does not exist. */
  readonly open: (world: World) => Promise<string>
  readonly stop: () => Promise<void>
}

const dataDir = join(tmpdir(), 'postern-bench')
const prefix = 'world_'

/** Starts it on the data directory that runs share. `fresh` deletes the worlds of earlier runs. */
export async function openCluster(fresh: boolean, log: (line: string) => void): Promise<Cluster> {
  // Every candidate keeps connections, and up to six candidates run at once. The size of the buffers follows the
  // manual's recommendation for a database of gigabytes: the default of 128 MB suits a machine of any size.
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
        await createWorld(url, name, world)
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

/** PostgreSQL logs every connection that its stop ends, and peers leave theirs open. */
function exceptForEnds(log: (line: string) => void): (line: string) => void {
  return (line) => {
    if (!line.includes('terminating connection due to administrator command')) log(line)
  }
}

/** The database has another name until it is complete, so that the rest of a killed run is never used as a world. */
async function createWorld(url: string, name: string, world: World): Promise<void> {
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

/** Every token has pulled in the current usage window. A cached world was created in another one. */
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

/** A world is created again if the tables or their contents have changed. */
async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const directory of [new URL('../../migrations/', import.meta.url), new URL('./', import.meta.url)])
    for (const file of (await readdir(directory, { recursive: true })).sort())
      if (file.endsWith('.ts')) hash.update(await readFile(new URL(file, directory)))
  return hash.digest('hex').slice(0, 8)
}

/** Drops the databases of earlier runs, except worlds with this suffix. */
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

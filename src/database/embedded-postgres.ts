import { existsSync } from 'node:fs'
import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Account, chooseAccount, giveTree, letThrough } from './embedded-postgres/account.ts'
import { clusterDirOf, openCluster, ownerName } from './embedded-postgres/cluster.ts'
import { lockDirectory } from './embedded-postgres/directory-lock.ts'
import { launcher } from './embedded-postgres/launch.ts'
import { stopLeftoverServer } from './embedded-postgres/leftover-server.ts'
import { findPrograms, type Programs } from './embedded-postgres/programs.ts'
import { type Server, startServer } from './embedded-postgres/server.ts'

/** How the embedded database is to run. */
export interface EmbeddedPostgresOptions {
  /** Made when it is missing. The cluster lies in `postgres`, its password beside it in `postgres.password`. */
  readonly dataDir: string
  /** Is told of warnings and worse, a line at a time. */
  readonly log: (line: string) => void
  /** PostgreSQL's settings over Postern's own; `fsync: 'off'` also makes the cluster without waiting for the disk. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The embedded database, running. */
export interface EmbeddedPostgres {
  /** Of the database `postern`, with the password of the role that owns it; another URL after every start. */
  readonly url: string
  /** Ends its connections, waits until it is down, and frees the data directory. Can be called again. */
  stop(): Promise<void>
}

/**
 * Starts a private PostgreSQL on a data directory, which only one Postern at a time can have; makes the cluster when
 * there is none. Whatever a killed Postern, a killed PostgreSQL or a power cut left behind is cleared up first.
 *
 * It takes connections on a free port of 127.0.0.1, by password: sockets in the file system would be faster by a
 * little, but Node cannot use them on Windows, and their paths may not be longer than about 100 bytes.
 *
 * PostgreSQL refuses to run as root, so for root it runs as the account `postgres` or `nobody`, which then owns the
 * cluster.
 *
 * @throws a sentence that says what to do: another Postern runs here, no program for this platform, no permission.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const programs = findPrograms()
  const dataDir = await makeDirectory(options.dataDir)
  const lock = lockDirectory(dataDir)
  try {
    const { server, password } = await startOnDirectory(programs, dataDir, options)
    let stopping: Promise<void> | undefined
    const stop = () => (stopping ??= server.stop().finally(lock.release))
    return { url: `postgresql://${ownerName}:${password}@127.0.0.1:${server.port}/${ownerName}`, stop }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function makeDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    return await realpath(path)
  } catch (cause) {
    throw new Error(`DATA_DIR cannot be made (${String(cause)}). Name a directory that can, or set DATABASE_URL.`, {
      cause,
    })
  }
}

async function startOnDirectory(
  programs: Programs,
  dataDir: string,
  { log, settings = {} }: EmbeddedPostgresOptions,
): Promise<{ server: Server; password: string }> {
  const clusterDir = clusterDirOf(dataDir)
  const account = await chooseAccount(clusterDir)
  if (account) await makeOwn(account, dataDir)
  const launch = await launcher(account, [dirname(programs.postgres), dataDir])

  const leftover = await stopLeftoverServer(clusterDir, programs.pg_ctl)
  if (leftover !== undefined)
    log(`Stopped the PostgreSQL (process ${leftover}) that a killed Postern had left running.`)
  const durable = settings.fsync !== 'off'
  const password = await openCluster({ dataDir, programs, launch, account, durable })
  return { server: await startServer({ clusterDir, programs, launch, settings, log }), password }
}

async function makeOwn(account: Account, dataDir: string): Promise<void> {
  await letThrough(account, dataDir)
  const clusterDir = clusterDirOf(dataDir)
  if (existsSync(clusterDir) && (await stat(clusterDir)).uid !== account.uid) await giveTree(account, clusterDir)
}

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

/** The options of the embedded database. */
export interface EmbeddedPostgresOptions {
  /** Created if missing. The cluster is in `postgres`, its password in `postgres.password` beside it. */
  readonly dataDir: string
  /** Receives warnings and worse, line by line. */
  readonly log: (line: string) => void
  /** Settings that override Postern's own. With `fsync: 'off'`, creating the cluster does not wait for the disk. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The running embedded database. */
export interface EmbeddedPostgres {
  /** The URL of the database `postern`, with the password of its owner. It changes with every start. */
  readonly url: string
  /** Closes its connections, waits until it has stopped, and unlocks the data directory. Can be called again. */
  stop(): Promise<void>
}

/**
 * Starts a private PostgreSQL on a data directory, which only one Postern can use at a time. Creates the cluster if it
 * is missing. First cleans up after a killed Postern, a killed PostgreSQL or a power cut.
 *
 * It accepts connections on a free port of 127.0.0.1, with a password. Unix sockets would be slightly faster, but Node
 * cannot use them on Windows, and their paths are limited to about 100 bytes.
 *
 * PostgreSQL does not run as root. If Postern does, PostgreSQL runs as the account `postgres` or `nobody`, which then
 * owns the cluster.
 *
 * @throws an error that says what to do: another Postern uses the directory, no program for this platform, or no
 * permission.
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
    throw new Error(
      `DATA_DIR cannot be created (${String(cause)}). Set it to a writable directory, or set DATABASE_URL.`,
      {
        cause,
      },
    )
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

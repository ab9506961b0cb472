import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { type Launch, run } from './launch.ts'
import type { Programs } from './programs.ts'

/** The name of the role and of its database. The role is not a superuser, like on the PostgreSQL of an operator. */
export const ownerName = 'postern'

/** The options for creating a cluster. */
export interface ClusterOptions {
  readonly dataDir: string
  readonly programs: Programs
  readonly launch: Launch
  readonly account: Account | undefined
  /** Whether the cluster survives a power cut right after its creation. */
  readonly durable: boolean
}

const unfinished = 'postgres.unfinished-'
const passwordPath = (dataDir: string) => join(dataDir, 'postgres.password')

/** The directory of the cluster in a data directory. */
export function clusterDirOf(dataDir: string): string {
  return join(dataDir, 'postgres')
}

/**
 * The password of the cluster. Creates both if there is no cluster yet.
 *
 * The cluster gets its name when it is complete and on disk. So an unfinished cluster is never used, and the next start
 * deletes it.
 *
 * @throws an error for people, if the cluster cannot be created or its password is lost.
 */
export async function openCluster(options: ClusterOptions): Promise<string> {
  const { dataDir } = options
  await removeUnfinished(dataDir)
  if (existsSync(clusterDirOf(dataDir))) return await readPassword(dataDir)

  const password = randomBytes(24).toString('base64url')
  const draft = join(dataDir, `${unfinished}${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(draft, { mode: 0o700 })
    if (options.account) await chown(draft, options.account.uid, options.account.gid)
    await fillCluster(draft, password, options)
    await writePassword(dataDir, password)
    await rename(draft, clusterDirOf(dataDir))
    await syncDirectory(dataDir)
  } catch (cause) {
    await removeUnfinished(dataDir)
    const reason = cause instanceof Error ? cause.message : String(cause)
    const wayOut = 'Correct that, or set DATABASE_URL to a PostgreSQL of version 15 or newer.'
    throw new Error(`The embedded database cannot be created in ${dataDir}: ${reason}\n${wayOut}`, { cause })
  }
  return password
}

async function fillCluster(
  dir: string,
  password: string,
  { programs, launch, durable }: ClusterOptions,
): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = ['--username=postgres', '--auth=reject']
  const storage = ['--data-checksums', ...(durable ? [] : ['--no-sync'])]
  await run(launch, programs.initdb, ['-D', dir, ...locale, ...access, ...storage])
  await writeFile(join(dir, 'pg_hba.conf'), `host all ${ownerName} 127.0.0.1/32 scram-sha-256\n`, { flush: durable })

  // Without a server, and with the password on stdin: nobody can see the password, and there is no other login.
  const statements = [
    `create role ${ownerName} login createdb password '${password}'`,
    `create database ${ownerName} owner ${ownerName}`,
  ]
  const quiet = ['-c', 'log_min_error_statement=panic', '-c', 'log_line_prefix=']
  const alone = ['--single', '-D', dir, ...quiet, ...(durable ? [] : ['-F']), 'postgres']
  await run(launch, programs.postgres, alone, `${statements.join('\n')}\n`)
}

// A program whose parent was killed can still write here for a moment, until its next line of output.
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of (await readdir(dataDir)).filter((entry) => entry.startsWith(unfinished))) {
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined)
  }
}

/** @throws an error for people, if the file cannot be read. */
export async function readPassword(dataDir: string): Promise<string> {
  const password = await readFile(passwordPath(dataDir), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const path = passwordPath(dataDir)
    const sentence = `The password of the embedded database cannot be read from ${path} (${cause.code}).`
    throw new Error(`${sentence} Restore that file, readable for the user that starts Postern.`, { cause })
  })
  return password.trim()
}

async function writePassword(dataDir: string, password: string): Promise<void> {
  await rm(passwordPath(dataDir), { force: true })
  await writeFile(passwordPath(dataDir), `${password}\n`, { flag: 'wx', mode: 0o600, flush: true })
  await syncDirectory(dataDir)
}

async function syncDirectory(dir: string): Promise<void> {
  // Windows cannot sync a directory, and does not need it.
  if (process.platform === 'win32') return
  const handle = await open(dir)
  await handle.sync().finally(() => handle.close())
}

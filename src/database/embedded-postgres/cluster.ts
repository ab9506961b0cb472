import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { type Launch, run } from './launch.ts'
import type { Programs } from './programs.ts'

/** The role, and the database that it owns. It is no superuser, as on a PostgreSQL of the operator's own. */
export const ownerName = 'postern'

/** What making a cluster takes. */
export interface ClusterMaking {
  readonly dataDir: string
  readonly programs: Programs
  readonly launch: Launch
  readonly account: Account | undefined
  /** True: survives a power cut. */
  readonly durable: boolean
}

const unfinished = 'postgres.unfinished-'
const passwordPath = (dataDir: string) => join(dataDir, 'postgres.password')

/** Where the cluster of a data directory lies. */
export function clusterDirOf(dataDir: string): string {
  return join(dataDir, 'postgres')
}

/**
 * The password of the cluster; makes both when there is no cluster yet.
 *
 * The cluster gets its name only when it is complete and on disk, so what a start leaves unfinished is never taken for
 * one, and goes with the next start.
 *
 * @throws a sentence, when the cluster cannot be made, or its password is lost.
 */
export async function openCluster(making: ClusterMaking): Promise<string> {
  const { dataDir } = making
  await removeUnfinished(dataDir)
  if (existsSync(clusterDirOf(dataDir))) return await readPassword(dataDir)

  const password = randomBytes(24).toString('base64url')
  const draft = join(dataDir, `${unfinished}${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(draft, { mode: 0o700 })
    if (making.account) await chown(draft, making.account.uid, making.account.gid)
    await fillCluster(draft, password, making)
    await writePassword(dataDir, password)
    await rename(draft, clusterDirOf(dataDir))
    await syncDirectory(dataDir)
  } catch (cause) {
    await removeUnfinished(dataDir)
    const reason = cause instanceof Error ? cause.message : String(cause)
    const wayOut = 'Put that right, or set DATABASE_URL to a PostgreSQL of version 15 or newer.'
    throw new Error(`The embedded database cannot be made in ${dataDir}: ${reason}\n${wayOut}`, { cause })
  }
  return password
}

async function fillCluster(dir: string, password: string, { programs, launch, durable }: ClusterMaking): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = ['--username=postgres', '--auth=reject']
  const storage = ['--data-checksums', ...(durable ? [] : ['--no-sync'])]
  await run(launch, programs.initdb, ['-D', dir, ...locale, ...access, ...storage])
  await writeFile(join(dir, 'pg_hba.conf'), `host all ${ownerName} 127.0.0.1/32 scram-sha-256\n`, { flush: durable })

  // Without a server, and with the password on stdin: nobody can see it, and no other login ever exists.
  const statements = [
    `create role ${ownerName} login createdb password '${password}'`,
    `create database ${ownerName} owner ${ownerName}`,
  ]
  const quiet = ['-c', 'log_min_error_statement=panic', '-c', 'log_line_prefix=']
  const alone = ['--single', '-D', dir, ...quiet, ...(durable ? [] : ['-F']), 'postgres']
  await run(launch, programs.postgres, alone, `${statements.join('\n')}\n`)
}

// A program that outlived its killed parent may still write here for a moment; it stops at its next line of output.
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of (await readdir(dataDir)).filter((entry) => entry.startsWith(unfinished))) {
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined)
  }
}

/** @throws a sentence, when it is not there. */
export async function readPassword(dataDir: string): Promise<string> {
  const password = await readFile(passwordPath(dataDir), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const sentence = `The password of the embedded database cannot be read from ${passwordPath(dataDir)} (${cause.code}). `
    throw new Error(`${sentence}Bring that file back, readable for the user that starts Postern.`, { cause })
  })
  return password.trim()
}

async function writePassword(dataDir: string, password: string): Promise<void> {
  await rm(passwordPath(dataDir), { force: true })
  await writeFile(passwordPath(dataDir), `${password}\n`, { flag: 'wx', mode: 0o600, flush: true })
  await syncDirectory(dataDir)
}

async function syncDirectory(dir: string): Promise<void> {
  // Windows has no way to do this, and needs none.
  if (process.platform === 'win32') return
  const handle = await open(dir)
  await handle.sync().finally(() => handle.close())
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts'

/** The program that `startOwner` runs. */
export const ownerProgram = fileURLToPath(new URL('postgres-owner.ts', import.meta.url))

/** A data directory for embedded databases, with functions that start them. */
export class EmbeddedDirectory {
  /** The log of the databases that `start` started. */
  readonly lines: string[] = []
  readonly #running: EmbeddedPostgres[] = []
  readonly #children: ChildProcess[] = []

  constructor(readonly path: string) {}

  async start(path = this.path): Promise<EmbeddedPostgres> {
    const postgres = await startEmbeddedPostgres({ dataDir: path, log: (line) => this.lines.push(line) })
    this.#running.push(postgres)
    return postgres
  }

  /** Starts a process that owns the database. With `exit`, it exits at once, without stopping anything. */
  startOwner(user: { uid?: number; gid?: number } = {}, end: 'exit' | 'never' = 'never'): ChildProcess {
    const args = [ownerProgram, this.path, end]
    return this.keep(spawn(process.execPath, args, { ...user, stdio: ['ignore', 'pipe', 'inherit'], detached: true }))
  }

  /** Kills a process when the test is over. */
  keep(child: ChildProcess): ChildProcess {
    this.#children.push(child)
    return child
  }

  pidFile(path = this.path): string {
    return join(path, 'postgres', 'postmaster.pid')
  }

  async serverPid(): Promise<number> {
    return Number((await readFile(this.pidFile(), 'utf8')).split('\n')[0])
  }

  async remove(): Promise<void> {
    await Promise.all(this.#children.map(kill))
    await Promise.all(this.#running.map((postgres) => postgres.stop()))
    // A last start stops the server that a killed owner left running.
    const left = await this.serverPid().catch(() => undefined)
    if (left !== undefined) await (await this.start()).stop()
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

/** A directory that the caller removes. */
export async function createDirectory(): Promise<EmbeddedDirectory> {
  return new EmbeddedDirectory(await realpath(await mkdtemp(join(tmpdir(), 'postern-embedded-'))))
}

/**
 * `it` with a `directory` for the test, which is removed afterwards with all that runs in it. `usedDirectory` contains
 * a cluster that was started and stopped. It is created once per file, and each test gets a copy, which takes a tenth
 * of the time.
 */
export const it = test
  .extend('directory', async ({ task: _ }, { onCleanup }) => {
    const directory = await createDirectory()
    onCleanup(() => directory.remove())
    return directory
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern what a fixture needs.
  .extend('original', { scope: 'file' }, async ({}, { onCleanup }) => {
    const original = await createDirectory()
    onCleanup(() => original.remove())
    await (await original.start()).stop()
    return original
  })
  .extend('usedDirectory', async ({ directory, original }) => {
    // Includes owners and modes, unlike `cp` of Node.
    await promisify(execFile)('cp', ['-Rp', `${original.path}/.`, directory.path])
    return directory
  })

/** The URL that an owner prints once its database is up. */
export async function urlFrom(owner: ChildProcess): Promise<string> {
  if (!owner.stdout) throw new Error('The owner has no stdout.')
  const [line] = await once(createInterface(owner.stdout), 'line')
  return String(line)
}

/** Kills a process with SIGKILL, and waits for its end. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

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

/** A data directory for embedded databases, and who runs them on it. */
export class EmbeddedDirectory {
  /** What the databases that `start` started have logged. */
  readonly lines: string[] = []
  readonly #running: EmbeddedPostgres[] = []
  readonly #children: ChildProcess[] = []

  constructor(readonly path: string) {}

  async start(path = this.path): Promise<EmbeddedPostgres> {
    const postgres = await startEmbeddedPostgres({ dataDir: path, log: (line) => this.lines.push(line) })
    this.#running.push(postgres)
    return postgres
  }

  /** Starts a process of its own, which owns the database; `exit`: and which ends at once, stopping nothing. */
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
    // A last start stops what a killed owner has left running.
    const left = await this.serverPid().catch(() => undefined)
    if (left !== undefined) await (await this.start()).stop()
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

/** A directory that the caller removes. */
export async function makeDirectory(): Promise<EmbeddedDirectory> {
  return new EmbeddedDirectory(await realpath(await mkdtemp(join(tmpdir(), 'postern-embedded-'))))
}

/**
 * `it`, with a `directory` for the test, which goes when it is over with all that runs there. `usedDirectory` has a cluster
 * that was made and stopped: one is made for a file, and each test has a copy, which takes a tenth of the time.
 */
export const it = test
  .extend('directory', async ({ task: _ }, { onCleanup }) => {
    const directory = await makeDirectory()
    onCleanup(() => directory.remove())
    return directory
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern what a fixture needs.
  .extend('original', { scope: 'file' }, async ({}, { onCleanup }) => {
    const original = await makeDirectory()
    onCleanup(() => original.remove())
    await (await original.start()).stop()
    return original
  })
  .extend('usedDirectory', async ({ directory, original }) => {
    // With owners and modes, which `cp` of Node leaves out.
    await promisify(execFile)('cp', ['-Rp', `${original.path}/.`, directory.path])
    return directory
  })

/** The URL that an owner writes once its database is up. */
export async function urlFrom(owner: ChildProcess): Promise<string> {
  if (!owner.stdout) throw new Error('The owner has no stdout.')
  const [line] = await once(createInterface(owner.stdout), 'line')
  return String(line)
}

/** Ends a process with SIGKILL, and waits for its end. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

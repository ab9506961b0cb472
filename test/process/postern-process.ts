import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, realpath, rename, symlink } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { Client } from '../harness/client.ts'

const projectRoot = resolve(import.meta.dirname, '..', '..')
const builtFrom = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src',
  'migrations',
  'schema',
]

/** A compiled copy of the project, so that a build elsewhere at the same time does not affect a test. */
export interface Checkout {
  readonly directory: string
}

/**
 * The checkout of this run, which all files share, so no test may change it. The first test creates it, with links to
 * the packages, and without GraphiQL, which takes longer to build. It is deleted when the run ends.
 */
export async function buildCheckout(): Promise<Checkout> {
  const directory = inject('checkout')
  // If two files are the first at the same time, both build, and one of the two results is kept.
  if (!existsSync(directory)) await buildInto(directory)
  return { directory }
}

async function buildInto(directory: string): Promise<void> {
  const draft = await realpath(await mkdtemp(`${directory}-`))
  for (const name of builtFrom) await cp(join(projectRoot, name), join(draft, name), { recursive: true })
  await symlink(join(projectRoot, 'node_modules'), join(draft, 'node_modules'))
  await promisify(execFile)(process.execPath, [join('src', 'commands', 'build.ts')], { cwd: draft })
  await rename(draft, directory).catch((error: unknown) => {
    if (!existsSync(directory)) throw error
  })
}

/** The result of a process. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly milliseconds: number
}

/** A Postern in its own process, like `npm start`. */
export class PosternProcess {
  readonly #child: ChildProcess
  readonly #startedAt = Date.now()
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    const { PATH = '', HOME } = process.env
    // The PATH of a person's shell. npm finds the programs of packages by itself.
    const path = PATH.split(delimiter).filter((entry) => !entry.endsWith(join('node_modules', '.bin')))
    const base = { PATH: path.join(delimiter), ...(HOME !== undefined && { HOME }), PORT: '0' }
    this.#child = spawn(command, args, { cwd, env: { ...base, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    // `close` instead of `exit`, because all output has been read then.
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({
      code,
      signal,
      milliseconds: Date.now() - this.#startedAt,
    }))
  }

  /** The log line that says that it is up; undefined before. */
  get announcement(): Record<string, unknown> | undefined {
    const line = /^\{.*"msg":"Postern is up"\}$/m.exec(this.stdout)?.[0]
    return line === undefined ? undefined : JSON.parse(line)
  }

  /** The URL, once the log contains it. Throws with all output if the process exits before. */
  async url(): Promise<string> {
    const found = () => this.announcement?.url
    while (found() === undefined) {
      const event = await Promise.race([this.ended, once(this.#child.stdout ?? this.#child, 'data')])
      if (!Array.isArray(event) && found() === undefined)
        throw new Error(`Postern ended with ${JSON.stringify(event)}:\n${this.stdout}${this.stderr}`)
    }
    return String(found())
  }

  async client(token?: string): Promise<Client> {
    return new Client(await this.url(), token)
  }

  /** Sends a signal and waits for the end. Measures the time from the signal on. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    const signalledAt = Date.now()
    this.signal(signal)
    const ended = await this.ended
    return { ...ended, milliseconds: Date.now() - signalledAt }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** All of its output. */
  get output(): string {
    return this.stdout + this.stderr
  }
}

/** The processes of a test file, which end with it. */
export class Processes {
  readonly #all: PosternProcess[] = []

  /** Starts what `npm start` starts after the build. */
  start({ directory }: Checkout, env: NodeJS.ProcessEnv, args: readonly string[] = []): PosternProcess {
    const command = ['--import=./dist/src/source-maps.js', 'dist/src/main.js', ...args]
    return this.#keep(new PosternProcess(process.execPath, command, directory, env))
  }

  /** Runs what the npm script of a command runs after the build. */
  command(name: string, { directory }: Checkout, env: NodeJS.ProcessEnv): PosternProcess {
    return this.#keep(new PosternProcess(process.execPath, [`dist/src/commands/${name}.js`], directory, env))
  }

  /** Runs an npm script. */
  npm(script: string, { directory }: Checkout, env: NodeJS.ProcessEnv): PosternProcess {
    return this.#keep(new PosternProcess('npm', [script], directory, env))
  }

  #keep(started: PosternProcess): PosternProcess {
    this.#all.push(started)
    return started
  }

  /** Stops processes that still run, and gives them the time to stop an embedded database. */
  async endAll(): Promise<void> {
    await Promise.all(this.#all.filter(({ hasEnded }) => !hasEnded).map((running) => running.end()))
  }
}

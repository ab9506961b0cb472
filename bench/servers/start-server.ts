import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { secretKey } from '../world/world.ts'
import { pinned } from './pin.ts'
import type { Usage } from './probe.ts'

/** The running process of a candidate. */
export interface Server {
  readonly url: string
  /** From the start of the process until it prints that it is up. */
  readonly startMs: number
  /** The resources that the process has used so far. */
  readonly usage: () => Promise<Usage>
  /** Sends the process a message, and returns its reply. */
  readonly ask: (message: string) => Promise<unknown>
  readonly stop: () => Promise<void>
}

const root = new URL('../../', import.meta.url)
const probe = new URL('probe.ts', import.meta.url).href
const startTimeoutMs = 30_000

/** Starts Postern like `npm start`, on a database. `preload` is a file in this folder. */
export async function startPostern(databaseUrl: string, preload?: string): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), 'postern-bench-data-'))
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  // A world has dates of one year, and no part of it may expire.
  const PLANS = '{"BUSINESS":{"activityDays":null}}'
  const server = { DATA_DIR: dataDir, SECRET_KEY: secretKey, PORT: '0', LOG_LEVEL: 'warn', PLANS }
  const env = { ...server, DATABASE_URL: databaseUrl }
  const flags = flagsOfStart()
  if (preload !== undefined) flags.push('--import', new URL(preload, import.meta.url).href)
  return startServer('dist/src/main.js', flags, env, remove)
}

/** The flags that `npm start` passes to node. */
function flagsOfStart(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  return String(scripts.start).match(/--\S+/g) ?? []
}

/** Starts a peer of `bench/peers`, in the way that its documentation recommends for production. */
export function startPeer(name: string, databaseUrl: string, more: Record<string, string> = {}): Promise<Server> {
  const env = { ...more, DATABASE_URL: databaseUrl, NODE_ENV: 'production', GRAPHILE_ENV: 'production' }
  return startServer(`bench/peers/${name}.ts`, [], env, () => undefined)
}

async function startServer(
  file: string,
  flags: string[],
  env: Record<string, string>,
  cleanUp: () => void,
): Promise<Server> {
  const path = fileURLToPath(new URL(file, root))
  const [program, args] = pinned('server', process.execPath, ['--import', probe, ...flags, path])
  const startedAt = performance.now()
  const child = spawn(program, args, {
    cwd: fileURLToPath(root),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const kill = () => {
    child.kill('SIGKILL')
    cleanUp()
  }
  process.once('exit', kill)
  const end = endOf(child, file)
  try {
    const url = await Promise.race([urlOf(child), end, lateness(file)])
    const startMs = performance.now() - startedAt
    const ask = async (message: string): Promise<unknown> => {
      child.send(message)
      const [response] = await Promise.race([once(child, 'message'), end])
      return response
    }
    return {
      url,
      startMs,
      usage: async () => (await ask('usage')) as Usage,
      ask,
      async stop() {
        process.off('exit', kill)
        if (child.exitCode === null && child.signalCode === null) {
          child.kill('SIGTERM')
          await once(child, 'exit')
        }
        cleanUp()
      },
    }
  } catch (error) {
    kill()
    throw error
  }
}

/** Every server prints its URL once it accepts connections. A program that is not a server prints that it is ready. */
function urlOf(child: ChildProcess): Promise<string> {
  let written = ''
  return new Promise((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      written = (written + text).slice(-10_000)
      const [said, url = ''] = /(http:\/\/127\.0\.0\.1:\d+)|ready/.exec(written) ?? []
      if (said !== undefined) resolve(url)
    })
  })
}

async function endOf(child: ChildProcess, file: string): Promise<never> {
  const [code, signal] = await once(child, 'exit')
  throw new Error(`${file} has ended (${signal ?? code}).`)
}

async function lateness(file: string): Promise<never> {
  await sleep(startTimeoutMs, undefined, { ref: false })
  throw new Error(`${file} did not start within ${startTimeoutMs} ms.`)
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Usage } from '../../bench/servers/probe.ts'

/** A Postern in its own process with its own embedded database, which reports the resources that it uses. */
export interface MeasuredPostern {
  readonly url: string
  readonly usage: () => Promise<Usage>
  stop(): Promise<void>
}

const root = resolve(import.meta.dirname, '..', '..')
const startTimeoutMs = 60_000

export const administratorPassword = 'correct horse battery staple'

/** Starts the result of `npm run build`, with the flags of `npm start`. */
export async function startMeasuredPostern(env: Record<string, string> = {}): Promise<MeasuredPostern> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-abuse-'))
  const { scripts } = (await import('../../package.json', { with: { type: 'json' } })).default
  const flags = scripts.start.match(/--\S+/g) ?? []
  const probe = `--import=${resolve(root, 'bench/servers/probe.ts')}`
  const child = spawn(process.execPath, [probe, ...flags, 'dist/src/main.js'], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'fatal',
      ADMIN_PASSWORD: administratorPassword,
      DEFAULT_PLAN: 'BUSINESS',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const url = await urlOf(child)
  return {
    url,
    async usage() {
      child.send('usage')
      const [usage] = await once(child, 'message')
      return usage
    },
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let written = ''
    const timer = setTimeout(() => failed(new Error('Postern did not start in time.')), startTimeoutMs)
    child.once('exit', (code) => failed(new Error(`Postern ended with ${code}.`)))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      written += text
      const url = /(http:\/\/127\.0\.0\.1:\d+)/.exec(written)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      found(url)
    })
  })
}

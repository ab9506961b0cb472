import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Launch } from './launch.ts'
import { clusterNameOf, killOrphans } from './orphans.ts'
import type { Programs } from './programs.ts'
import { tellTroubles } from './server-log.ts'
import { stopProcess } from './stop-process.ts'

/** What running a server takes. */
export interface ServerStart {
  readonly clusterDir: string
  readonly programs: Programs
  readonly launch: Launch
  /** Over PostgreSQL's own defaults and `ownSettings`. */
  readonly settings: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

/** A server that takes connections on 127.0.0.1. */
export interface Server {
  readonly port: number
  stop(): Promise<void>
}

const ownSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  log_line_prefix: '',
  lc_messages: 'C',
  log_min_error_statement: 'panic',
}
const attemptsMax = 40
const pauseMs = 50
// While it recovers from a crash, PostgreSQL tells of its progress every 10 s.
const silenceMaxMs = 60_000

/**
 * Starts a server on a free port, and tries again when somebody else took that port meanwhile, or when processes of a
 * killed server were still at work. Only for the holder of the data directory's lock.
 *
 * @throws what PostgreSQL said, when it does not start.
 */
export async function startServer(start: ServerStart, findPort: () => Promise<number> = findFreePort): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await findPort()
    const { child, fault } = await launchServer(start, port)
    if (fault === undefined) return { port, stop: supervise(child, start) }

    const isOrphaned = fault.includes('pre-existing shared memory block')
    const isTaken = fault.includes('could not create any TCP/IP sockets')
    if (!(isOrphaned || isTaken) || attempt === attemptsMax) {
      throw new Error(
        `The embedded PostgreSQL does not start on ${start.clusterDir}:\n${fault}\n` +
          'Put that right, or set DATABASE_URL to a PostgreSQL of version 15 or newer.',
      )
    }
    if (isOrphaned) await killOrphans(start.clusterDir)
    await sleep(pauseMs)
  }
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('127.0.0.1 has no free port. Set DATABASE_URL.')
  return address.port
}

interface Launched {
  readonly child: ChildProcess
  /** What it wrote before it ended; undefined when it is ready. */
  readonly fault: string | undefined
}

async function launchServer(
  { clusterDir, programs, launch, settings, log }: ServerStart,
  port: number,
): Promise<Launched> {
  const flags = Object.entries({ ...ownSettings, ...settings, cluster_name: clusterNameOf(clusterDir), port }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  )
  const child = launch(programs.postgres, ['-D', clusterDir, ...flags], ['ignore', 'ignore', 'pipe'])
  // From here on, not only once it is ready: a stop during a slow start may end this process before that.
  const endWithProcess = () => child.kill('SIGINT')
  process.once('exit', endWithProcess)
  child.once('exit', () => process.off('exit', endWithProcess))
  const written: string[] = []
  let tell = (line: string): unknown => written.push(line)

  return await new Promise<Launched>((resolve) => {
    const silence = setTimeout(() => child.kill('SIGQUIT'), silenceMaxMs)
    child.once('error', (error) => written.push(error.message))
    child.once('close', () => {
      clearTimeout(silence)
      resolve({ child, fault: written.join('\n') || 'It says nothing.' })
    })
    if (!child.stderr) return
    createInterface(child.stderr).on('line', (line) => {
      tell(line)
      if (!line.includes('database system is ready to accept connections')) {
        silence.refresh()
        return
      }
      clearTimeout(silence)
      tell = tellTroubles(log)
      resolve({ child, fault: undefined })
    })
  })
}

// The way to stop a server; until that is called, its own end is news.
function supervise(child: ChildProcess, { programs, log }: ServerStart): () => Promise<void> {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const tellEnd = () =>
    log(`The embedded PostgreSQL has ended (${child.signalCode ?? child.exitCode}). Restart Postern.`)
  child.once('exit', tellEnd)
  return async () => {
    child.off('exit', tellEnd)
    if (child.pid !== undefined && !hasEnded()) await stopProcess(child.pid, programs.pg_ctl, async () => hasEnded())
  }
}

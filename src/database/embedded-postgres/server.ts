import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Launch } from './launch.ts'
import { clusterNameOf, killOrphans } from './orphans.ts'
import type { Programs } from './programs.ts'
import { filterServerLog } from './server-log.ts'
import { stopProcess } from './stop-process.ts'

/** The options for starting a server. */
export interface ServerStart {
  readonly clusterDir: string
  readonly programs: Programs
  readonly launch: Launch
  /** Override PostgreSQL's defaults and `ownSettings`. */
  readonly settings: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

/** A server that accepts connections on 127.0.0.1. */
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
// During a recovery after a crash, PostgreSQL logs its progress every 10 s.
const silenceMaxMs = 60_000

/**
 * Starts a server on a free port. Tries again if another program has taken the port, or if processes of a killed server
 * still run. Requires the lock of the data directory.
 *
 * @throws an error with the output of PostgreSQL, if it does not start.
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
          'Correct that, or set DATABASE_URL to a PostgreSQL of version 15 or newer.',
      )
    }
    if (isOrphaned) await killOrphans(start.clusterDir)
    await sleep(pauseMs)
  }
}

/** A port of 127.0.0.1 that is free at this time. */
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
  /** Its output before it ended. Undefined if it is ready. */
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
  // Registered before the server is ready, because this process can be stopped during a slow start.
  const endWithProcess = () => child.kill('SIGINT')
  process.once('exit', endWithProcess)
  child.once('exit', () => process.off('exit', endWithProcess))
  const written: string[] = []
  let handleLine = (line: string): unknown => written.push(line)

  return await new Promise<Launched>((resolve) => {
    const silence = setTimeout(() => child.kill('SIGQUIT'), silenceMaxMs)
    child.once('error', (error) => written.push(error.message))
    child.once('close', () => {
      clearTimeout(silence)
      resolve({ child, fault: written.join('\n') || 'It wrote nothing.' })
    })
    if (!child.stderr) return
    createInterface(child.stderr).on('line', (line) => {
      handleLine(line)
      if (!line.includes('database system is ready to accept connections')) {
        silence.refresh()
        return
      }
      clearTimeout(silence)
      handleLine = filterServerLog(log)
      resolve({ child, fault: undefined })
    })
  })
}

// Returns a function that stops the server. If the server ends before, that is logged.
function supervise(child: ChildProcess, { programs, log }: ServerStart): () => Promise<void> {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const logEnd = () =>
    log(`The embedded PostgreSQL has ended (${child.signalCode ?? child.exitCode}). Restart Postern.`)
  child.once('exit', logEnd)
  return async () => {
    child.off('exit', logEnd)
    if (child.pid !== undefined && !hasEnded()) await stopProcess(child.pid, programs.pg_ctl, async () => hasEnded())
  }
}

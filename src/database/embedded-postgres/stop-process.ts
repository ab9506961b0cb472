import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

// PostgreSQL's fast shutdown, its immediate shutdown (the next start recovers, and no data is lost), and a kill.
const steps = [
  { signal: 'INT', patienceMs: 5_000 },
  { signal: 'QUIT', patienceMs: 2_000 },
  { signal: 'KILL', patienceMs: 2_000 },
] as const
const pollMs = 10

/**
 * Stops a PostgreSQL server within 9 seconds, in the gentlest way that works.
 *
 * @throws an error for people, if it does not end, for example because the process belongs to another user.
 */
export async function stopProcess(pid: number, pgCtl: string, ended: () => Promise<boolean>): Promise<void> {
  for (const { signal, patienceMs } of steps) {
    await send(pid, pgCtl, signal)
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(pollMs)) {
      if (await ended()) return
    }
  }
  throw new Error(
    `The embedded PostgreSQL (process ${pid}) does not end. Stop it as root, or as the user that it runs as.`,
  )
}

async function send(pid: number, pgCtl: string, signal: (typeof steps)[number]['signal']): Promise<void> {
  // Windows has no signals. This program sends them to PostgreSQL through a pipe.
  if (process.platform === 'win32') await execute(pgCtl, ['kill', signal, String(pid)]).catch(() => undefined)
  else {
    try {
      process.kill(pid, `SIG${signal}`)
    } catch {
      // The process has ended, which `ended` will notice.
    }
  }
}

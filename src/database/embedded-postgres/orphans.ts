import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/**
 * PostgreSQL's `cluster_name`, which the title of each process of a server contains. It is the same for every start.
 */
export function clusterNameOf(clusterDir: string): string {
  return `postern-${createHash('sha256').update(clusterDir).digest('hex').slice(0, 16)}`
}

/**
 * Kills the remaining processes of a server whose main process was killed: they do not notice that until their query
 * ends. No committed data is lost; the next server recovers it. Windows has no titles of processes.
 */
export async function killOrphans(clusterDir: string): Promise<void> {
  const title = `postgres: ${clusterNameOf(clusterDir)}: `
  for (const { pid, command } of await listProcesses()) {
    if (!command.startsWith(title)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has ended, or belongs to another user. In that case, the server reports that it cannot start.
    }
  }
}

interface Process {
  readonly pid: number
  readonly command: string
}

async function listProcesses(): Promise<Process[]> {
  if (process.platform === 'win32') return []
  if (process.platform !== 'linux') {
    const { stdout } = await execute('ps', ['-axww', '-o', 'pid=,command='])
    return [...stdout.matchAll(/^ *(\d+) (.*)$/gm)].map(([, pid, command = '']) => ({ pid: Number(pid), command }))
  }
  // Small Linux images have no ps.
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const read = async (pid: number) => ({ pid, command: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') })
  return await Promise.all(pids.map(read))
}

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** PostgreSQL's `cluster_name`, which stands in the title of each process of a server: the same at every start. */
export function clusterNameOf(clusterDir: string): string {
  return `postern-${createHash('sha256').update(clusterDir).digest('hex').slice(0, 16)}`
}

/**
 * Kills what is left of a server whose main process was killed: one that computes does not notice for as long as its
 * query lasts. Nothing that was committed is lost; the next server recovers it. Windows shows no titles to go by.
 */
export async function killOrphans(clusterDir: string): Promise<void> {
  const title = `postgres: ${clusterNameOf(clusterDir)}: `
  for (const { pid, command } of await listProcesses()) {
    if (!command.startsWith(title)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile, or belongs to somebody else: then the server says that it cannot start.
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

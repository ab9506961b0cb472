import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stopProcess } from './stop-process.ts'

const execute = promisify(execFile)

/**
 * Stops the server that a killed Postern left running on a cluster, and takes away a pid file that would keep
 * PostgreSQL from starting: one that the power cut left empty, or that names a process which is no such server.
 * Only for the holder of the data directory's lock.
 *
 * @returns the id of the stopped process; undefined when there was none.
 */
export async function stopLeftoverServer(clusterDir: string, pgCtl: string): Promise<number | undefined> {
  const pidFile = join(clusterDir, 'postmaster.pid')
  const content = await readFile(pidFile, 'utf8').catch(() => undefined)
  if (content === undefined) return undefined

  const pid = Number(content.split('\n')[0])
  if (!Number.isInteger(pid) || pid === 0) {
    await rm(pidFile, { force: true })
    return undefined
  }
  // Negative: a single-user server. PostgreSQL itself handles that, and a process that is gone.
  if (pid < 0 || !isAlive(pid)) return undefined
  if (!(await serves(pid, clusterDir))) {
    // Process ids come round again, in a container after every restart. If servers of this cluster did live on, the
    // shared memory that they hold would still stop the next one.
    await rm(pidFile, { force: true })
    return undefined
  }
  await stopProcess(pid, pgCtl, async () => !(await serves(pid, clusterDir)))
  // One that had to be killed leaves the file, and its number where nobody waits for ended processes.
  await rm(pidFile, { force: true })
  return pid
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether a process is the server of this cluster. */
export async function serves(pid: number, clusterDir: string): Promise<boolean> {
  return isAlive(pid) && (await commandLine(pid).catch(() => '')).includes(` -D ${clusterDir} -c `)
}

// Empty for a process that has ended and that nobody has waited for yet.
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
  if (process.platform !== 'win32') return (await execute('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout
  const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`
  const { stdout } = await execute('powershell', ['-NoProfile', '-NonInteractive', '-Command', query])
  return stdout.replaceAll('"', '')
}

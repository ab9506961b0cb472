import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stopProcess } from './stop-process.ts'

const execute = promisify(execFile)

/**
 * Stops the server that a killed Postern left running on a cluster, and deletes a pid file that would prevent
 * PostgreSQL from starting: an empty one after a power cut, or one with the id of another process. Requires the lock of
 * the data directory.
 *
 * @returns the id of the stopped process; undefined if there was no such process.
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
  // A negative id is a single-user server. PostgreSQL itself handles that, and processes that have ended.
  if (pid < 0 || !isAlive(pid)) return undefined
  if (!(await serves(pid, clusterDir))) {
    // Process ids are reused, in a container after every restart. If servers of this cluster still run, their shared
    // memory prevents the next one from starting.
    await rm(pidFile, { force: true })
    return undefined
  }
  await stopProcess(pid, pgCtl, async () => !(await serves(pid, clusterDir)))
  // A killed server leaves the file, and its id stays in use if no parent waits for ended processes.
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

// Empty for a process that has ended, while its parent has not waited for it.
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
  if (process.platform !== 'win32') return (await execute('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout
  const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`
  const { stdout } = await execute('powershell', ['-NoProfile', '-NonInteractive', '-Command', query])
  return stdout.replaceAll('"', '')
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterDirOf, ownerName, readPassword } from './cluster.ts'
import { serves } from './leftover-server.ts'

/**
 * The URL of the embedded database of a running Postern with this data directory, for another process. Null if it does
 * not run.
 */
export async function findRunningDatabase(dataDir: string): Promise<string | null> {
  const clusterDir = clusterDirOf(dataDir)
  // The lines of the file (src/include/utils/pidfile.h in PostgreSQL): process, directory, time, port, …, status.
  const lines = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').then(
    (content) => content.split('\n').map((line) => line.trim()),
    () => [],
  )
  const [pid, , , port] = lines
  if (lines[7] !== 'ready' || !(await serves(Number(pid), clusterDir))) return null
  return `postgresql://${ownerName}:${await readPassword(dataDir)}@127.0.0.1:${port}/${ownerName}`
}

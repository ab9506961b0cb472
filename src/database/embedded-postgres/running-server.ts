import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterDirOf, ownerName, readPassword } from './cluster.ts'
import { serves } from './leftover-server.ts'

/**
 * The URL of the database that a Postern has running on a data directory, for whoever looks at it beside that; null where
 * none runs.
 */
export async function findRunningDatabase(dataDir: string): Promise<string | null> {
  const clusterDir = clusterDirOf(dataDir)
  // Its lines by the source of PostgreSQL (src/include/utils/pidfile.h): process, directory, time, port, and last the status.
  const lines = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').then(
    (content) => content.split('\n').map((line) => line.trim()),
    () => [],
  )
  const [pid, , , port] = lines
  if (lines[7] !== 'ready' || !(await serves(Number(pid), clusterDir))) return null
  return `postgresql://${ownerName}:${await readPassword(dataDir)}@127.0.0.1:${port}/${ownerName}`
}

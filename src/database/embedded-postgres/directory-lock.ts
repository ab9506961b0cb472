import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const sqliteBusy = 5

/**
 * Locks the data directory until this process releases it or ends in any way. It uses a file lock of the operating
 * system, which does not depend on process ids, so it cannot become stale or match another container's process. Node
 * has no file locks, so this uses those of SQLite, which work on every platform.
 *
 * @throws an error for people, if another Postern has locked the directory.
 */
export function lockDirectory(dataDir: string): { release(): void } {
  const path = join(dataDir, 'postgres.lock')
  let file: DatabaseSync | undefined
  try {
    file = new DatabaseSync(path)
    file.exec('begin exclusive')
  } catch (cause) {
    file?.close()
    throw new Error(lockFailure(cause, dataDir, path), { cause })
  }
  const held = file
  return { release: () => held.isOpen && held.close() }
}

function lockFailure(cause: unknown, dataDir: string, path: string): string {
  if (cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy) {
    return `Another Postern runs on ${dataDir}. Stop it first, or give this one a DATA_DIR of its own, or DATABASE_URL.`
  }
  return `${path} cannot be locked (${String(cause)}). Let this user write to DATA_DIR, or set DATABASE_URL.`
}

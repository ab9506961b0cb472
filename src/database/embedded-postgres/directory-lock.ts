import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const sqliteBusy = 5

/**
 * Takes the data directory for this process, until it releases it or ends, however it ends: the operating system's own
 * lock on a file, which knows nothing of process ids and so cannot be stale, nor be fooled by a container's small ones.
 * Node has no such call; SQLite does it on every platform.
 *
 * @throws a sentence, when another Postern has the directory.
 */
export function lockDirectory(dataDir: string): { release(): void } {
  const path = join(dataDir, 'postgres.lock')
  let file: DatabaseSync | undefined
  try {
    file = new DatabaseSync(path)
    file.exec('begin exclusive')
  } catch (cause) {
    file?.close()
    throw new Error(refusal(cause, dataDir, path), { cause })
  }
  const held = file
  return { release: () => held.isOpen && held.close() }
}

function refusal(cause: unknown, dataDir: string, path: string): string {
  if (cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy) {
    return `Another Postern runs on ${dataDir}. Stop it first, or give this one a DATA_DIR of its own, or DATABASE_URL.`
  }
  return `${path} cannot be locked (${String(cause)}). Make DATA_DIR writable for this user, or set DATABASE_URL.`
}

import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A secret in NAME or in the file NAME_FILE. Adds an error and returns undefined if it cannot be read. */
export function givenSecret(name: string, env: NodeJS.Dict<string>, faults: string[]): string | undefined {
  const path = env[`${name}_FILE`]
  if (path === undefined) return env[name]
  if (env[name] !== undefined) {
    faults.push(`${name} and ${name}_FILE are both set; keep one of them`)
    return undefined
  }
  try {
    const secret = readSecretFile(path)
    if (secret === '') faults.push(`${name}_FILE names an empty file; write the secret into it`)
    return secret || undefined
  } catch (error) {
    faults.push(`${name}_FILE names a file that cannot be read (${codeOf(error)}); name a readable file of UTF-8 text`)
    return undefined
  }
}

/**
 * The secret that an earlier start wrote to a file. Undefined if there is no file, or if it cannot be read (an error).
 */
export function keptSecret(name: string, path: string, bytesMin: number, faults: string[]): string | undefined {
  const wayOut = `bring back the one that belongs to the database, or set ${name}`
  try {
    const secret = readSecretFile(path)
    if (Buffer.byteLength(secret) < bytesMin) faults.push(`${name} is kept in ${path}, too short; ${wayOut}`)
    return secret
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT') faults.push(`${name} is kept in ${path}, which cannot be read (${code}); ${wayOut}`)
    return undefined
  }
}

/**
 * Creates a file with a new secret of 256 random bits, readable only by its owner, like its directory. Returns the
 * content of the file, which is the same for concurrent starts. Adds an error and returns undefined if it cannot be
 * created.
 */
export function makeSecret(name: string, path: string, faults: string[]): string | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeSecretFile(path, randomBytes(32).toString('base64url'))
    return readSecretFile(path)
  } catch (error) {
    faults.push(`${name} is not set, and ${path} cannot be created (${codeOf(error)}); set ${name}, or change DATA_DIR`)
    return undefined
  }
}

/** Writes a secret to a file that only its owner can read, and replaces an existing file. False if that fails. */
export function replaceSecretFile(path: string, secret: string): boolean {
  try {
    rmSync(path, { force: true })
    writeSecretFile(path, secret)
    return readSecretFile(path) === secret
  } catch {
    return false
  }
}

function writeSecretFile(path: string, secret: string): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    writeFileSync(draft, `${secret}\n`, { flag: 'wx', mode: 0o600, flush: true })
    // Only the first link to a name succeeds, and the file is complete by then.
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

// Bytes that are no text would be replaced in reading, and a key of them would be weaker than it looks: so, fatal.
function readSecretFile(path: string): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).replace(/\r?\n$/, '')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}

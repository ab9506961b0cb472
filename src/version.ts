import { readFileSync } from 'node:fs'

/** The version in package.json, which is in a directory above both the sources and the compiled files. */
export const version = readVersion()

function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const file = readOptional(new URL(path, import.meta.url))
    if (file !== null) return JSON.parse(file).version
  }
  throw new TypeError('There is no package.json above the server.')
}

function readOptional(file: URL): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return null
    throw error
  }
}

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The directory of Postern's package.json, the same from the sources and from the compiled files, which lie at
 * another depth.
 */
export const packageRoot: string = directoryWithPackageJson(import.meta.dirname)

function directoryWithPackageJson(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory
  const parent = dirname(directory)
  if (parent === directory) throw new Error('No package.json above the server’s files: install Postern as a whole.')
  return directoryWithPackageJson(parent)
}

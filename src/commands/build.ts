import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/*
 * `npm run build` compiles to `dist/`, and does nothing if the sources have not changed. So every npm script can start
 * with it, also if the compiler was pruned. It does not disturb a server that runs from `dist/`, because complete
 * output is moved there by renaming.
 */

const root = join(import.meta.dirname, '..', '..')
const built = join(root, 'dist')
/** The file in the built directory with the hash of the sources. */
const stampFile = join(built, 'built-from.txt')

function main(): void {
  const stamp = hashOfSources()
  if (stampOfBuilt() === stamp) return
  const compiler = findCompiler()
  if (compiler === null)
    throw new Error(
      'dist/ was not built from these sources, and the compiler is not installed. ' +
        'Run `npm ci` and `npm run build` first, and `npm prune --omit=dev` after them.',
    )
  // At the same depth as `dist/`, because source maps contain relative paths of the sources.
  const staging = `${built}-staging-${process.pid}`
  try {
    const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', staging]
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    if (status === 0) putInPlace(staging, stamp)
    else process.exitCode = 1
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  const settings = ['package.json', 'tsconfig.json', 'tsconfig.build.json']
  for (const file of [...settings, ...globSync('{src,migrations}/**/*.{ts,json}', { cwd: root }).sort()]) {
    const contents = readFileSync(join(root, file))
    hash.update(`${file} ${contents.length}\n`).update(contents)
  }
  return hash.digest('hex')
}

function stampOfBuilt(): string | null {
  try {
    return readFileSync(stampFile, 'utf8')
  } catch {
    return null
  }
}

function findCompiler(): string | null {
  try {
    const packageFile = createRequire(join(root, 'package.json')).resolve('typescript/package.json')
    return join(dirname(packageFile), 'bin', 'tsc')
  } catch {
    return null
  }
}

function putInPlace(staging: string, stamp: string): void {
  const old = join(staging, 'old')
  mkdirSync(old)
  mkdirSync(built, { recursive: true })
  // If the process is stopped before the stamp is written, the next build compiles again.
  rmSync(stampFile, { force: true })
  for (const name of readdirSync(staging).filter((each) => each !== 'old')) {
    try {
      renameSync(join(built, name), join(old, name))
    } catch (error) {
      if (Reflect.get(Object(error), 'code') !== 'ENOENT') throw error
    }
    try {
      renameSync(join(staging, name), join(built, name))
    } catch (error) {
      // Another build at the same time was first. Its output is the same.
      if (!/^(ENOTEMPTY|EEXIST)$/.test(String(Reflect.get(Object(error), 'code')))) throw error
    }
  }
  writeFileSync(stampFile, stamp)
}

try {
  main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

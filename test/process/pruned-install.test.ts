import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { adminPassword } from '../harness/postern.ts'
import { buildCheckout, type Checkout, Processes } from './postern-process.ts'

const root = resolve(import.meta.dirname, '..', '..')
const processes = new Processes()
let checkout: Checkout
let database: TestDatabase
let dataDir: string
let settings: NodeJS.ProcessEnv

/** The result of `npm prune --omit=dev`, as links: all packages of the lock file except development dependencies. */
async function linkProductionPackages(directory: string): Promise<void> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  const modules = join(directory, 'node_modules')
  await rm(modules)
  await mkdir(join(modules, '.bin'), { recursive: true })
  await symlink(join(root, 'node_modules', '.bin', 'node'), join(modules, '.bin', 'node'))
  for (const [path, { dev, devOptional }] of Object.entries(packages)) {
    // Nested packages come with the package that contains them.
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1]
    if (name === undefined || dev || devOptional) continue
    await mkdir(join(modules, name, '..'), { recursive: true })
    await symlink(join(root, path), join(modules, name))
  }
}

beforeAll(async () => {
  // This test changes files and packages, so it cannot use the shared checkout.
  checkout = { directory: await realpath(await mkdtemp(join(tmpdir(), 'postern-pruned-checkout-'))) }
  await cp((await buildCheckout()).directory, checkout.directory, { recursive: true, verbatimSymlinks: true })
  // The result of `npm run build`, without bundling, which takes too long here.
  const page = join(checkout.directory, 'dist', 'graphiql')
  await promisify(execFile)(process.execPath, [join(root, 'src/http/graphiql/build-page.ts')])
  await cp(join(root, 'dist', 'graphiql'), page, { recursive: true })
  await linkProductionPackages(checkout.directory)
  database = await createTestDatabase()
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'postern-pruned-')))
  settings = {
    ...{ DATABASE_URL: database.url, DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
    ...{ SECRET_KEY: 'k'.repeat(32), ADMIN_PASSWORD: adminPassword },
  }
}, 180_000)
afterAll(async () => {
  await processes.endAll()
  await database.drop()
  await rm(checkout.directory, { recursive: true, force: true, maxRetries: 5 })
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

/** Runs an npm script to its end. */
async function run(script: string, ...args: string[]) {
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
    cwd: checkout.directory,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, code }
}

/** The modification times of compiled files. */
async function timesOfBuilt(): Promise<ReadonlyMap<string, bigint>> {
  const directory = join(checkout.directory, 'dist')
  const files = await readdir(directory, { recursive: true })
  const times = files.map(
    async (file) => [file, (await stat(join(directory, file), { bigint: true })).mtimeNs] as const,
  )
  return new Map(await Promise.all(times))
}

describe('an installation that was built and then pruned', () => {
  it('starts, and runs every script beside the server without building anything', async () => {
    expect(await readdir(join(checkout.directory, 'node_modules'))).not.toContain('typescript')
    const before = await timesOfBuilt()
    const running = processes.npm('start', checkout, settings)
    const url = await running.url()
    expect((await fetch(`${url}/readyz`)).status).toBe(200)

    expect(await run('migrate')).toEqual({ stdout: '', stderr: '', code: 0 })
    expect(await run('verify-activity')).toMatchObject({ stderr: '', code: 0 })
    expect(await run('registry-config')).toMatchObject({
      stdout: expect.stringContaining('realm:'),
      stderr: '',
      code: 0,
    })
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await timesOfBuilt()).toEqual(before)
  })

  it('an installation that was built and then pruned has source maps that lead to the sources', async () => {
    const map = join(checkout.directory, 'dist', 'src', 'main.js.map')
    const [source] = JSON.parse(await readFile(map, 'utf8')).sources
    expect(resolve(map, '..', source)).toBe(join(checkout.directory, 'src', 'main.ts'))
  })

  it('prints the configuration of a registry into a file that only its owner can read, and says so', async () => {
    const path = join(dataDir, 'registry.yml')
    await writeFile(path, '', { mode: 0o644 })
    const file = openSync(path, 'w')
    const child = spawn(process.execPath, ['dist/src/commands/registry-config.js'], {
      cwd: checkout.directory,
      env: { PATH: process.env.PATH, ...settings },
      stdio: ['ignore', file, 'pipe'],
    })
    const [stderr] = await Promise.all([text(child.stderr ?? Readable.from([])), once(child, 'close')])
    closeSync(file)
    expect(stderr).toMatch(/^The file contains a secret, so only its owner can read it now \(mode 600\)\. [^\n]+\n$/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toContain('Authorization: ["Bearer ')
  })

  it('says what to do if its sources have changed and the compiler is missing', async () => {
    const source = join(checkout.directory, 'src', 'schedule.ts')
    await writeFile(source, `${await readFile(source, 'utf8')}\n`)
    const before = await timesOfBuilt()
    const { stderr, code } = await run('migrate')
    expect({ stderr, code }).toEqual({
      stderr: expect.stringMatching(/^dist\/ was not built from these .* `npm ci` /),
      code: 1,
    })
    expect(await timesOfBuilt()).toEqual(before)
  })
})

import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Config, ConfigError, loadConfig } from '../src/config.ts'

const secret = 'a secret of more than thirty-two bytes'
let dir = ''
let dataDir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'postern-secrets-'))
  dataDir = join(dir, 'deep', 'data')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function load(env: NodeJS.ProcessEnv): Config {
  return loadConfig({ DATA_DIR: dataDir, REGISTRY_EVENTS_SECRET: 'of-registries-only', ...env })
}

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

function fileOf(content: string | Uint8Array): string {
  const path = join(dir, 'given')
  writeFileSync(path, content)
  return path
}

function keep(content: string): void {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, 'secret-key'), content)
}

describe('a secret in a file', () => {
  it('a secret in a file is read without the newline at its end, and with every other character', () => {
    expect(load({ SECRET_KEY_FILE: fileOf(`${secret}\n`) }).secretKey.toString()).toBe(secret)
    expect(load({ SECRET_KEY_FILE: fileOf(`${secret}\r\n`) }).secretKey.toString()).toBe(secret)
    expect(load({ SECRET_KEY_FILE: fileOf(` ${secret}\n\n`) }).secretKey.toString()).toBe(` ${secret}\n`)
    const others = { SECRET_KEY: secret, ADMIN_PASSWORD_FILE: fileOf('pass word\n') }
    expect(load(others).admin.password).toBe('pass word')
    const url = 'postgres://u:p@db/postern'
    expect(load({ SECRET_KEY: secret, DATABASE_URL_FILE: fileOf(`${url}\n`) }).databaseUrl).toBe(url)
  })

  it.each(['SECRET_KEY', 'ADMIN_PASSWORD', 'DATABASE_URL'])(
    'a secret in a file is invalid for %s if it cannot be used',
    (name) => {
      const key = name === 'SECRET_KEY' ? {} : { SECRET_KEY: secret }
      const faults = (file: string, env = {}) => faultsOf({ ...key, ...env, [`${name}_FILE`]: file })
      const both = [`${name} and ${name}_FILE are both set; keep one of them`]
      expect(faults(fileOf(secret), { [name]: 'postgres://db/one-that-would-do-for-any' })).toEqual(both)
      expect(faults(join(dir, 'none'))).toEqual([expect.stringMatching(RegExp(`^${name}_FILE .*\\(ENOENT\\); name `))])
      expect(faults(dir)).toEqual([expect.stringMatching(RegExp(`^${name}_FILE .*\\(EISDIR\\); name `))])
      expect(faults(fileOf(''))).toEqual([`${name}_FILE names an empty file; write the secret into it`])
      expect(faults(fileOf('\n'))).toEqual([`${name}_FILE names an empty file; write the secret into it`])
      expect(faults(fileOf(Buffer.alloc(64, 0xfe)))).toEqual([expect.stringContaining('UTF-8')])
    },
  )

  it('follows the rules of its variable', () => {
    expect(faultsOf({ SECRET_KEY_FILE: fileOf('short\n') })).toEqual([
      expect.stringContaining('SECRET_KEY is too short'),
    ])
  })

  it('prevents the generation of a key', () => {
    load({ SECRET_KEY_FILE: fileOf(secret) })
    load({ SECRET_KEY: secret })
    expect(readdirSync(dir)).toEqual(['given'])
  })
})

describe('the stored key', () => {
  it('the stored key is generated once, at random, and only its owner can read it', () => {
    const key = load({}).secretKey
    expect(key.byteLength).toBeGreaterThanOrEqual(32)
    expect(load({}).secretKey).toEqual(key)
    expect(load({ DATA_DIR: join(dir, 'other') }).secretKey).not.toEqual(key)
    expect(readdirSync(dataDir)).toEqual(['secret-key'])
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(join(dataDir, 'secret-key')).mode & 0o777).toBe(0o600)
  })

  it('the stored key is the same key if its file or its text is set', () => {
    const key = load({}).secretKey
    const path = join(dataDir, 'secret-key')
    expect(load({ DATA_DIR: join(dir, 'other'), SECRET_KEY_FILE: path }).secretKey).toEqual(key)
    expect(load({ SECRET_KEY: readFileSync(path, 'utf8').trim() }).secretKey).toEqual(key)
  })

  it('the stored key is replaced by a key that is set, and kept', () => {
    keep(`${secret}\n`)
    expect(load({ SECRET_KEY: secret.toUpperCase() }).secretKey.toString()).toBe(secret.toUpperCase())
    expect(load({}).secretKey.toString()).toBe(secret)
    keep('cut')
    expect(load({ SECRET_KEY: secret }).secretKey.toString()).toBe(secret)
    expect(load({ SECRET_KEY_FILE: fileOf(secret) }).secretKey.toString()).toBe(secret)
  })

  it('the stored key is one key for all servers that start at the same moment', async () => {
    const module = new URL('../src/secret-file.ts', import.meta.url).href
    const script = `import { makeSecret } from '${module}'
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, ${Date.now() + 1500} - Date.now()))
      console.log(makeSecret('SECRET_KEY', process.argv[1], []))`
    const path = join(dataDir, 'secret-key')
    const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, path])
    const keys = await Promise.all(Array.from({ length: 8 }, start))
    expect(new Set(keys.map(({ stdout }) => stdout))).toEqual(new Set([readFileSync(path, 'utf8')]))
    expect(readdirSync(dataDir)).toEqual(['secret-key'])
  })

  it('the stored key is never replaced: the start fails if it is truncated or unreadable', () => {
    keep('cut')
    expect(faultsOf({ PORT: 'x' })).toEqual([
      expect.stringMatching(/^SECRET_KEY is kept in .* too short; bring back .* or set SECRET_KEY$/),
      expect.stringMatching(/^PORT /),
    ])
    expect(readFileSync(join(dataDir, 'secret-key'), 'utf8')).toBe('cut')
    keep('')
    expect(faultsOf({})).toHaveLength(1)
    expect(readFileSync(join(dataDir, 'secret-key'), 'utf8')).toBe('')
  })

  it('requires a place to store it, and says what to do', () => {
    expect(faultsOf({ DATA_DIR: fileOf('no directory') })).toEqual([expect.stringContaining('(ENOTDIR)')])
    symlinkSync(join(dir, 'unmounted'), join(dir, 'disk'))
    expect(faultsOf({ DATA_DIR: join(dir, 'disk') })).toEqual([
      expect.stringMatching(
        /^SECRET_KEY is not set, and .* cannot be created \(ENOENT\); set SECRET_KEY, or change DATA_DIR$/,
      ),
    ])
  })
})

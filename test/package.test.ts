import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json'))

describe('the package', () => {
  it('the package has one version, also in the lock file', () => {
    const lock = JSON.parse(read('package-lock.json'))
    expect([lock.version, lock.packages[''].version]).toEqual([manifest.version, manifest.version])
  })

  it('installs the Node of .nvmrc, which every dependency supports, so that any npm can start it', () => {
    expect(read('.nvmrc').trim()).toBe(manifest.dependencies.node)
    const demanded = Object.keys(manifest.dependencies).flatMap((name) => {
      const { engines } = JSON.parse(read(`node_modules/${name}/package.json`))
      return /^>= ?([\d.]+)$/.exec(engines?.node ?? '')?.[1] ?? []
    })
    expect(demanded.length).toBeGreaterThan(5)
    const newest = [...demanded, manifest.dependencies.node].toSorted((a, b) =>
      a.localeCompare(b, 'en', { numeric: true }),
    )
    expect(newest.at(-1)).toBe(manifest.dependencies.node)
    expect(manifest.engines.node).toBe('>=20')
  })
})

describe('.env.example', () => {
  const secrets = { SECRET_KEY: 'k'.repeat(32), REGISTRY_EVENTS_SECRET: 'e'.repeat(16) }
  const variables = parseEnv(read('.env.example'))

  it('.env.example has every variable that src/config.ts reads, and no other', () => {
    const named = [...read('src/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): |given\.([A-Z_]+)/gm)]
    const names = new Set(named.map(([, a, b]) => a ?? b ?? '').filter((name) => !name.endsWith('_FILE')))
    expect(Object.keys(variables).sort()).toEqual([...names].sort())
  })

  it('.env.example has the same meaning for a shell and for a container runtime', () => {
    const script = `set -a; . ./.env.example; exec "$0" -p 'JSON.stringify(process.env)'`
    const env = JSON.parse(execFileSync('sh', ['-c', script, process.execPath], { cwd: root, encoding: 'utf8' }))
    expect(env).toMatchObject(variables)
  })

  it('.env.example has the defaults', () => {
    const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
    expect(loadConfig({ ...variables, ...secrets })).toEqual(loadConfig(secrets))
    for (const [name, value] of Object.entries(given))
      expect(loadConfig({ ...secrets, [name]: value }), name).toEqual(loadConfig(secrets))
  })
})

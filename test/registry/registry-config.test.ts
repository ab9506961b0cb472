import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rootCertificatesFile } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { registryConfig } from '../../src/registry/registry-config.ts'
import { certificateBundle, generateSigningKey, openSigningKey } from '../../src/registry/signing-key.ts'
import { writeImage } from '../harness/image.ts'
import { createOrganization, createRepository, generateToken, startPostern } from '../harness/postern.ts'
import { createDockerClient, describeWithClients, type Registry, startRegistryFrom } from '../harness/registry.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-config-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const options = {
  publicUrl: 'https://postern.example.org/tokens',
  service: 'registry.example.org',
  issuer: 'postern',
  rootCertificates: '/var/lib/postern/registry/root.crt',
  eventsSecret: 'the secret of the registry',
  storage: '/var/lib/postern/registry/images',
}

/** File names that have a special meaning in YAML, in JSON or in a string replacement. */
const oddNames = [
  'a space',
  'a "quote"',
  "an 'apostrophe'",
  'a # hash',
  'a: colon',
  '- a dash',
  `\${REGISTRY_HTTP_SECRET}`,
  '{{ template }}',
  '$& and $1',
  'a back\\slash and \\n',
  'a\ttab',
  'a line\nbreak: yes',
  'ünïcode 🐳',
  'a next\u0085line',
  'a line\u2028separator',
  'a delete\u007f',
  'a\ufeffmark',
  '*alias &anchor !tag %percent @at `tick`',
  'null',
]

/** The values of the lines `key: "value"`. */
function quotedValues(config: string): Record<string, string> {
  const lines = config.split('\n').map((line) => /^ +(\w+): (".*")$/.exec(line))
  return Object.fromEntries(lines.flatMap((match) => (match ? [[match[1], JSON.parse(match[2] ?? '')]] : [])))
}

describe('registryConfig', () => {
  it('contains the realm, the service, the issuer, the certificates and the storage', () => {
    expect(quotedValues(registryConfig(options))).toEqual({
      realm: 'https://postern.example.org/tokens/token',
      url: 'https://postern.example.org/tokens/registry/events',
      service: options.service,
      issuer: options.issuer,
      rootcertbundle: options.rootCertificates,
      rootdirectory: options.storage,
    })
  })

  it('allows deletion of images', () => {
    expect(registryConfig(options)).toMatch(/\n {2}delete:\n {4}enabled: true\n/)
  })

  it.each(oddNames)('contains a path with %j, in characters that YAML reads unchanged', (name) => {
    const odd = {
      ...options,
      rootCertificates: `/etc/${name}/root.crt`,
      storage: `/srv/${name}`,
      service: name,
      issuer: name,
    }
    const config = registryConfig(odd)
    expect(config.split('\n')).toHaveLength(registryConfig(options).split('\n').length)
    expect(quotedValues(config)).toMatchObject({
      rootcertbundle: odd.rootCertificates,
      rootdirectory: odd.storage,
      service: name,
      issuer: name,
    })
    // Characters that YAML 1.2 (5.1, 5.4) does not print, or treats as the end of a line.
    expect(config).not.toMatch(/[\u007f-\u009f\u2028\u2029\ufeff]/)
  })
})

describe('the command registry-config', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    process.exitCode = undefined
  })

  /** Runs it like the npm script, with this environment and no other settings. */
  async function printConfig(environment: Record<string, string>) {
    for (const name of ['HOST', 'PORT', 'PUBLIC_URL', 'DATABASE_URL', 'REGISTRY_SERVICE', 'TOKEN_ISSUER', 'SECRET_KEY'])
      vi.stubEnv(name, environment[name] ?? '')
    vi.stubEnv('DATA_DIR', directory)
    const [stdout, stderr] = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')]
    for (const stream of [stdout, stderr]) stream.mockImplementation(() => true)
    vi.resetModules()
    await import('../../src/commands/registry-config.ts')
    const textOf = (stream: typeof stdout) => stream.mock.calls.map(([text]) => String(text)).join('')
    const printed = { stdout: textOf(stdout), stderr: textOf(stderr), exitCode: process.exitCode }
    vi.restoreAllMocks()
    return printed
  }

  async function keepCertificates() {
    await mkdir(join(directory, 'registry'))
    await writeFile(rootCertificatesFile(directory), 'certificates')
  }

  it('prints the configuration for the server of the environment, and nothing else', async () => {
    await keepCertificates()
    const environment = { PUBLIC_URL: 'https://postern.example.org/', REGISTRY_SERVICE: 'images', TOKEN_ISSUER: 'me' }
    const { stdout, stderr, exitCode } = await printConfig(environment)
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: undefined })
    expect(stdout).toBe(
      registryConfig({
        publicUrl: 'https://postern.example.org',
        service: 'images',
        issuer: 'me',
        rootCertificates: join(directory, 'registry', 'root.crt'),
        eventsSecret: loadConfig({ DATA_DIR: directory }).registryEventsSecret,
        storage: join(directory, 'registry', 'images'),
      }),
    )
  })

  it('prints the address on this machine by default', async () => {
    await keepCertificates()
    const { stdout } = await printConfig({ HOST: '0.0.0.0', PORT: '4321' })
    expect(quotedValues(stdout).realm).toBe('http://127.0.0.1:4321/token')
  })

  it('says what to do first if the server was never started, and prints no configuration', async () => {
    const { stdout, stderr, exitCode } = await printConfig({})
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
    expect(stderr).toMatch(/Run npm start first/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('says which setting is invalid', async () => {
    await keepCertificates()
    const { stdout, stderr, exitCode } = await printConfig({ PORT: 'x' })
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
    expect(stderr).toMatch(/PORT is not a port/)
  })
})

describeWithClients('a registry with that configuration', () => {
  it.each(oddNames)('reads its certificates from a path with %j', async (name) => {
    const folder = join(directory, name)
    await mkdir(folder, { recursive: true })
    const rootCertificates = join(folder, 'root.crt')
    await writeFile(rootCertificates, certificateBundle([openSigningKey(await generateSigningKey(new Date()))]))
    // The registry exits at once if it finds no certificate.
    const registry = await startRegistryFrom(registryConfig({ ...options, rootCertificates, storage: folder }))
    await registry.stop()
  })

  it('configures a registry that accepts a push, and stores the image in the given directory', async () => {
    const dataDir = join(directory, `it's "odd": a # data dir`)
    await mkdir(dataDir)
    const storage = join(dataDir, 'registry', 'images')
    const postern = await startPostern({ dataDir, registryService: 'images of us', tokenIssuer: "it's us: #1" })
    const client = await createDockerClient()
    const config = registryConfig({
      publicUrl: postern.url,
      service: postern.config.registryService,
      issuer: postern.config.tokenIssuer,
      rootCertificates: rootCertificatesFile(dataDir),
      eventsSecret: postern.config.registryEventsSecret,
      storage,
    })
    let registry: Registry | undefined
    try {
      registry = await startRegistryFrom(config)
      expect(await readFile(rootCertificatesFile(dataDir), 'utf8')).toBe(
        await (await fetch(`${postern.url}/registry/root.crt`)).text(),
      )
      const owner = await postern.signInAsAdministrator()
      await createOrganization(owner, 'acme')
      await createRepository(owner, 'acme/app')
      const { secret } = await generateToken(owner)
      expect(await client.dockerLogin(registry.host, 'acme', secret)).toMatchObject({ code: 0 })
      await writeImage(join(directory, 'image'), 'content')
      const target = `docker://${registry.host}/acme/app:1.0`
      expect(await client.skopeo('copy', `oci:${join(directory, 'image')}:latest`, target)).toMatchObject({ code: 0 })
      const repositories = join(storage, 'docker', 'registry', 'v2', 'repositories', 'acme')
      expect(await readdir(repositories)).toEqual(['app'])
    } finally {
      await registry?.stop()
      await client.remove()
      await postern.stop()
    }
  })
})

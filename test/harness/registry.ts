import 'reflect-metadata'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { describe, it } from 'vitest'

const PROGRAMS = ['docker-registry', 'skopeo', 'docker']
const START_MILLISECONDS = 10_000
const COMMAND_MILLISECONDS = 45_000

/** One certificate for all registries of this process, so that every client can trust every registry. */
const serverCertificate = createServerCertificate()

export interface RegistryOptions {
  /** The token endpoint, such as `http://127.0.0.1:4000/token`. Listen there first, because it cannot be changed. */
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** The certificates in PEM of the keys that sign valid tokens. */
  readonly rootCertBundle: string
  /** The endpoint for reports of pushes, pulls and deletions of manifests, if any. */
  readonly notificationsUrl?: string
  /** Sent with every report as `Authorization: Bearer`. */
  readonly notificationsSecret?: string
}

export interface Registry {
  /** `127.0.0.1:PORT`, with TLS. A DockerClient of the same process trusts it. */
  readonly host: string
  /** Its output so far, as lines of JSON. Only its log says why it rejected a token. */
  log(): string
  /** Stops it, and starts it again at the same address with the stored images. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export type CommandResult = Readonly<{ code: number; stdout: string; stderr: string }>

/**
 * Its own machine, from the view of docker and skopeo: it shares credentials and caches with no other client. Within
 * one client, skopeo remembers where it pushed a blob, and requests `pull` there to mount it elsewhere.
 */
export interface DockerClient {
  /** `docker login`. `skopeo` uses the stored credentials after that. */
  dockerLogin(host: string, username: string, password: string): Promise<CommandResult>
  /** Any docker command that needs no engine, such as `docker('manifest', 'inspect', 'HOST/acme/app:1.0')`. */
  docker(...args: string[]): Promise<CommandResult>
  /** Any skopeo command, such as `skopeo('copy', 'oci:DIR:latest', 'docker://HOST/acme/app:1.0')`. */
  skopeo(...args: string[]): Promise<CommandResult>
  /** Removes its files. */
  remove(): Promise<void>
}

/** The programs of the harness that are not on the PATH. */
export function missingClients(): string[] {
  return PROGRAMS.filter((program) => spawnSync(program, ['--version']).error !== undefined)
}

/** A `describe` for tests with the real programs. Without them, it is skipped with the reason, and fails in CI. */
export function describeWithClients(name: string, body: () => void): void {
  const missing = missingClients()
  if (missing.length === 0) return void describe(name, body)
  const reason = `not on the PATH: ${missing.join(', ')}; install docker-registry, skopeo and the docker CLI`
  if (!process.env.CI) return void describe.skip(`${name} (skipped, ${reason})`, body)
  it(name, () => {
    throw new Error(`These tests must not be skipped in CI, but they need programs that are ${reason}.`)
  })
}

/**
 * Starts an empty Distribution registry on a free port of 127.0.0.1.
 * @throws Error with its log, if it does not start.
 */
export function startRegistry(options: RegistryOptions): Promise<Registry> {
  return serve(async (directory) => {
    await writeFile(join(directory, 'root.crt'), options.rootCertBundle)
    // JSON is valid YAML, and needs no rules about quoting.
    return JSON.stringify(configuration(directory, options))
  })
}

/**
 * Starts a Distribution registry with a configuration of `registryConfig`, unchanged except for its address, which is a
 * free port of 127.0.0.1, with TLS.
 * @throws Error with its log, if it does not start.
 */
export function startRegistryFrom(config: string): Promise<Registry> {
  const address = '\n  addr: 127.0.0.1:5000\n'
  if (!config.includes(address)) throw new Error(`There is no address to change in:\n${config}`)
  return serve(async (directory) => {
    const tls = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') }
    return config.replace(address, () => `\n  addr: 127.0.0.1:0\n  tls: ${JSON.stringify(tls)}\n`)
  })
}

/** Starts a registry with the configuration for a directory, which already contains the certificate for TLS. */
async function serve(configure: (directory: string) => Promise<string>): Promise<Registry> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-registry-'))
  const tls = await serverCertificate
  await writeFile(join(directory, 'tls.crt'), tls.certificate)
  await writeFile(join(directory, 'tls.key'), tls.privateKey, { mode: 0o600 })
  const config = await configure(directory)
  let log = ''
  let running: Running | undefined
  const end = async () => {
    await running?.end()
    running = undefined
  }
  const start = async (address: string) => {
    const file = join(directory, 'config.yml')
    await writeFile(file, config.replace('127.0.0.1:0', address))
    log = ''
    running = launch(file, (text) => {
      log += text
    })
    return listeningHost(running.child, () => log)
  }
  const stop = async () => {
    await end()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const host = await start('127.0.0.1:0')
    const restart = async () => {
      await end()
      await start(host)
    }
    return { host, log: () => log, restart, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Running {
  readonly child: ChildProcess
  readonly end: () => Promise<void>
}

function launch(configFile: string, onOutput: (text: string) => void): Running {
  const env = { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' }
  const child = spawn('docker-registry', ['serve', configFile], { env, stdio: 'pipe' })
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onOutput)
  const end = async () => {
    process.off('exit', kill)
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      kill()
      await once(child, 'exit')
    }
  }
  return { child, end }
}

/** Creates a client on its own machine, without credentials. */
export async function createDockerClient(): Promise<DockerClient> {
  const home = await mkdtemp(join(tmpdir(), 'postern-client-'))
  const config = join(home, 'docker')
  await mkdir(config)
  // An entry for a host that does not exist prevents docker from choosing the desktop's credential store.
  await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { 'unused.invalid': {} } }))
  await writeFile(join(home, 'tls.crt'), (await serverCertificate).certificate)
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    DOCKER_CONFIG: config,
    REGISTRY_AUTH_FILE: join(config, 'config.json'),
    SSL_CERT_FILE: join(home, 'tls.crt'),
    // When root runs skopeo, it shares /var/lib/containers/cache with everyone, and mounts blobs that it remembers from
    // other tests. With this, it uses the cache under XDG_DATA_HOME, as for other users.
    _CONTAINERS_ROOTLESS_UID: String(process.getuid?.() || 1),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_RUNTIME_DIR: join(home, 'run'),
  }
  return {
    dockerLogin: (host, username, password) =>
      run('docker', ['login', host, '--username', username, '--password-stdin'], env, password),
    docker: (...args) => run('docker', args, env),
    skopeo: (...args) => run('skopeo', ['--insecure-policy', ...args], env),
    remove: () => rm(home, { recursive: true, force: true }),
  }
}

function configuration(directory: string, options: RegistryOptions): object {
  const { realm, service, issuer, notificationsUrl, notificationsSecret } = options
  const endpoint = {
    name: 'postern',
    url: notificationsUrl,
    headers: notificationsSecret === undefined ? {} : { Authorization: [`Bearer ${notificationsSecret}`] },
    timeout: '1s',
    threshold: 3,
    backoff: '1s',
    ignore: { mediatypes: ['application/octet-stream'], actions: ['mount'] },
  }
  return {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      // Docker from 28.5 on does not use plain HTTP with a registry, not even on loopback.
      tls: { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') },
    },
    auth: { token: { realm, service, issuer, rootcertbundle: join(directory, 'root.crt') } },
    notifications: { events: { includereferences: true }, endpoints: notificationsUrl === undefined ? [] : [endpoint] },
  }
}

/** The address that the registry logs once it listens, because the kernel chose the port. */
async function listeningHost(child: ChildProcess, log: () => string): Promise<string> {
  await once(child, 'spawn')
  const deadline = Date.now() + START_MILLISECONDS
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const host = /listening on (127\.0\.0\.1:\d+)\D/.exec(log())?.[1]
    if (host !== undefined) return host
    await setTimeout(10)
  }
  throw new Error(`docker-registry did not start:\n${log()}`)
}

async function createServerCertificate() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=127.0.0.1',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  })
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: certificate.toString('pem'), privateKey: PemConverter.encode(privateKey, 'PRIVATE KEY') }
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { env, timeout: COMMAND_MILLISECONDS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, stdout, stderr })
      else reject(new Error(`${command} ${args[0]} did not end by itself (${code ?? error?.signal}):\n${stderr}`))
    })
    // A program that rejects its arguments exits without reading its input.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../../src/database/embedded-postgres/server.ts'
import { root } from './markdown.ts'

/** A copy of the checkout in a home directory of its own, for shell blocks to run in. */
export interface Walk {
  readonly home: string
  readonly checkout: string
  readonly ports: { readonly postern: number; readonly registry: number }
  /** Runs a script of shell blocks with the ports of this walk, and returns what it wrote to standard output. */
  run(script: string): Promise<string>
  remove(): Promise<void>
}

export async function prepareWalk(): Promise<Walk> {
  const home = await mkdtemp(join(tmpdir(), 'postern-walk-'))
  const checkout = join(home, 'checkout')
  const ports = { postern: await findFreePort(), registry: await findFreePort() }
  await copyCheckout(checkout)
  await mkdir(join(home, '.docker'))
  await mkdir(join(home, 'run'))
  // An entry for a host that does not exist prevents docker from choosing the desktop's credential store.
  await writeFile(join(home, '.docker', 'config.json'), JSON.stringify({ auths: { 'unused.invalid': {} } }))
  return {
    home,
    checkout,
    ports,
    run: (script) => runScript(home, withPorts(script, ports), ports),
    remove: () => rm(home, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** The ports differ from the documented ones so that tests can run beside a Postern and a registry. */
function withPorts(script: string, { postern, registry }: Walk['ports']): string {
  return script
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${postern}`)
    .replaceAll('127.0.0.1:5000', `127.0.0.1:${registry}`)
}

async function copyCheckout(to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md']
  for (const path of [...files, 'src', 'migrations', 'schema'])
    await cp(join(root, path), join(to, path), { recursive: true })
  await symlink(join(root, 'node_modules'), join(to, 'node_modules'))
  // Saves the build of GraphiQL if there is one. The build checks whether it belongs to these sources.
  await cp(join(root, 'dist/graphiql'), join(to, 'dist/graphiql'), { recursive: true }).catch(() => undefined)
}

/** Job control is on, as in a terminal. */
async function runScript(home: string, script: string, { postern, registry }: Walk['ports']): Promise<string> {
  const prelude = `set -meuo pipefail\ntrap 'for job in $(jobs -p); do kill -- "-$job"; done; wait' EXIT`
  await writeFile(join(home, 'walk.sh'), `${prelude}\n${script}`)
  const env = {
    // Without the node_modules/.bin of this test run.
    PATH: (process.env.PATH ?? '').replaceAll(/[^:]*node_modules[^:]*:?/g, ''),
    HOME: home,
    TMPDIR: home,
    XDG_RUNTIME_DIR: join(home, 'run'),
    // As in test/harness/registry.ts: prevents skopeo, when root runs it, from using the cache of everyone.
    _CONTAINERS_ROOTLESS_UID: String(process.getuid?.() || 1),
    npm_config_update_notifier: 'false',
    OTEL_TRACES_EXPORTER: 'none',
    // The blocks rely on default ports. The programs read these variables instead.
    PORT: String(postern),
    REGISTRY_HTTP_ADDR: `127.0.0.1:${registry}`,
  }
  const options = { cwd: join(home, 'checkout'), env, timeout: 400_000 }
  return new Promise((resolve, reject) => {
    execFile('bash', [join(home, 'walk.sh')], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`The walk ended with ${error.code ?? error.signal}:\n${stdout}\n${stderr}`))
    })
  })
}

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, totalmem, type } from 'node:os'
import type { Pace } from './measure.ts'
import { pinning } from './servers/pin.ts'

const peers = ['fastify', 'pg', 'mercurius', 'graphql-yoga', '@envelop/graphql-jit', 'postgraphile']

/** What the results depend on besides the code, one item per line. */
export function describeMachine(postgresVersion: string, { rounds, sliceMs }: Pace): string[] {
  const { version } = packageOf('../package.json')
  const { dependencies } = packageOf('./package.json')
  const versionOf = (name: string) => `${name} ${dependencies[name]}`
  const commit = spawnSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).stdout?.trim()
  return [
    `${new Date().toISOString().slice(0, 10)}, Postern ${version}${commit ? ` (${commit})` : ''}`,
    `${cpus().length} cores (${cpus()[0]?.model.trim() ?? arch()}), ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${type()}; ${pinning}`,
    `Node ${process.versions.node}, ${postgresVersion}, ${peers.map(versionOf).join(', ')}`,
    `medians of ${rounds} rounds of slices of ${sliceMs} ms`,
  ]
}

function packageOf(path: string): {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
} {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}

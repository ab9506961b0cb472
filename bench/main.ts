import { parseArgs } from 'node:util'
import type { Benchmark, Setting } from './benchmark.ts'
import { generate } from './benchmarks/generate.ts'
import { growth } from './benchmarks/growth.ts'
import { list } from './benchmarks/list.ts'
import { memory } from './benchmarks/memory.ts'
import { recording } from './benchmarks/recording.ts'
import { start } from './benchmarks/start.ts'
import { tokenEndpoint } from './benchmarks/token-endpoint.ts'
import { two } from './benchmarks/two.ts'
import { activity, members, repositories, token, viewer } from './benchmarks/versus-rest.ts'
import { describeMachine } from './machine.ts'
import { toMarkdown } from './report.ts'
import { pinThisProcess } from './servers/pin.ts'
import { type Server, startPeer, startPostern } from './servers/start-server.ts'
import { type Cluster, openCluster } from './world/open-cluster.ts'
import { writeResults } from './write-results.ts'

const benchmarks = [
  list,
  viewer,
  token,
  repositories,
  members,
  activity,
  tokenEndpoint,
  recording,
  generate,
  growth,
  two,
  start,
  memory,
]

const help = `npm run bench -- [NAME...] [options]

  NAME            ${benchmarks.map(({ name }) => name).join(', ')}; all of them unless named
  --quick         short slices on small worlds: to see that it works, not to measure
  --events N      activity events in the large world of growth; one for each token when absent
  --requests N    what memory sends; 200000 when absent
  --fresh         creates the database and its worlds again; otherwise those of an earlier run are used
  --write         puts the results of a run of all into docs/performance.md
`

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    events: { type: 'string' },
    requests: { type: 'string' },
  },
})

const worldOf = (tokens: number, events = tokens) => ({ tokens, events: Math.max(tokens, events) })
const events = Number(options.events ?? 0)
const full = {
  pace: { rounds: 15, sliceMs: 1_000, warmUpMs: 3_000 },
  worlds: { usual: worldOf(100_000), small: worldOf(1_000), large: worldOf(1_000_000, events) },
  memoryRequests: Number(options.requests ?? 200_000),
}
const quick = {
  pace: { rounds: 3, sliceMs: 300, warmUpMs: 500 },
  worlds: { usual: worldOf(1_000), small: worldOf(1_000), large: worldOf(100_000, events) },
  memoryRequests: Number(options.requests ?? 5_000),
}

async function main(): Promise<void> {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name))
  const isPartlyWritten = options.write && names.length > 0
  const areNumbers = [options.events, options.requests].every((given) => /^\d+$/.test(given ?? '0'))
  if (options.help || unknown.length > 0 || isPartlyWritten || !areNumbers) {
    if (!options.help) process.exitCode = 1
    console.log(help)
    return
  }

  pinThisProcess()
  const cluster = await openCluster(options.fresh, console.error)
  try {
    const scale = options.quick ? quick : full
    const lines = describeMachine(cluster.version, scale.pace).map((line) => `- ${line}`)
    if (options.quick) lines.push('- **a quick run, which measures nothing: it shows what the figures look like**')
    const parts = [lines.join('\n')]
    console.log(parts[0])
    for (const benchmark of benchmarks.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const part = await run(benchmark, scale, cluster)
      parts.push(part)
      console.log(`\n${part}`)
    }
    if (options.write) await writeResults(parts.join('\n\n'))
  } finally {
    await cluster.stop()
  }
}

async function run({ name, about, run }: Benchmark, scale: typeof full, cluster: Cluster): Promise<string> {
  const started: Server[] = []
  const keep = async (starting: Promise<Server>) => {
    const server = await starting
    started.push(server)
    return server
  }
  const setting: Setting = {
    ...scale,
    database: cluster.open,
    startPostern: (url, preload) => keep(startPostern(url, preload)),
    startPeer: (peer, url, env) => keep(startPeer(peer, url, env)),
  }
  try {
    const tables = await run(setting)
    return [`### ${name}`, about, ...tables.map(toMarkdown)].join('\n\n')
  } finally {
    for (const server of started) await server.stop()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
await main()

import { type LoadRequest, load } from './load.ts'
import type { Candidate, Pace } from './measure.ts'
import type { Table } from './report.ts'
import type { Usage } from './servers/probe.ts'
import type { Server } from './servers/start-server.ts'
import type { World } from './world/world.ts'

/** A part of `npm run bench`. */
export interface Benchmark {
  readonly name: string
  /** What it measures, in one or two sentences for readers of the results. */
  readonly about: string
  readonly run: (setting: Setting) => Promise<Table[]>
}

/** What a benchmark works with. */
export interface Setting {
  readonly pace: Pace
  /** The world that candidates are compared on, and the small and large one that growth is measured between. */
  readonly worlds: { readonly usual: World; readonly small: World; readonly large: World }
  /** The number of requests that `memory` sends. */
  readonly memoryRequests: number
  /** The URL of a world's database. */
  readonly database: (world: World) => Promise<string>
  /** Starts a server, which stops when the benchmark ends. */
  readonly startPostern: (databaseUrl: string, preload?: string) => Promise<Server>
  readonly startPeer: (name: string, databaseUrl: string, env?: Record<string, string>) => Promise<Server>
}

/** A server that receives requests one after the other, in a loop. */
export function underLoad(
  name: string,
  server: Server,
  requests: readonly LoadRequest[],
  connections: number,
): Candidate {
  const next = cycle(requests)
  return { name, usage: server.usage, run: (durationMs) => load(server.url, next, connections, durationMs) }
}

/** Several servers that share the load. */
export function combined(name: string, candidates: readonly Candidate[]): Candidate {
  return {
    name,
    usage: async () => (await Promise.all(candidates.map(({ usage }) => usage()))).reduce(sum),
    run: async (durationMs) => (await Promise.all(candidates.map(({ run }) => run(durationMs)))).flat(),
  }
}

function sum(one: Usage, other: Usage): Usage {
  return {
    cpuMs: one.cpuMs + other.cpuMs,
    statements: one.statements + other.statements,
    residentMb: one.residentMb + other.residentMb,
  }
}

export function cycle(requests: readonly LoadRequest[]): () => LoadRequest {
  let at = 0
  return () => {
    const request = requests[at++ % requests.length]
    if (request === undefined) throw new Error('There is nothing to ask.')
    return request
  }
}

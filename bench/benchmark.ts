import { type LoadRequest, load } from './load.ts'
import type { Candidate, Pace } from './measure.ts'
import type { Table } from './report.ts'
import type { Usage } from './servers/probe.ts'
import type { Server } from './servers/start-server.ts'
import type { World } from './world/world.ts'

/** Something that `npm run bench` can measure. */
export interface Benchmark {
  readonly name: string
  /** What is measured, in a sentence or two, for those who read the figures. */
  readonly about: string
  readonly run: (setting: Setting) => Promise<Table[]>
}

/** What a benchmark is given to work with. */
export interface Setting {
  readonly pace: Pace
  /** The world that candidates are compared on, and those that growth is measured between. */
  readonly worlds: { readonly usual: World; readonly small: World; readonly large: World }
  /** How many requests `memory` sends. */
  readonly memoryRequests: number
  /** The URL of a world's database. */
  readonly database: (world: World) => Promise<string>
  /** Starts a server; it is stopped when the benchmark has ended. */
  readonly startPostern: (databaseUrl: string, preload?: string) => Promise<Server>
  readonly startPeer: (name: string, databaseUrl: string, env?: Record<string, string>) => Promise<Server>
}

/** A server under requests that come one after the other, over and over. */
export function underLoad(
  name: string,
  server: Server,
  requests: readonly LoadRequest[],
  connections: number,
): Candidate {
  const next = repeating(requests)
  return { name, usage: server.usage, run: (durationMs) => load(server.url, next, connections, durationMs) }
}

/** Several servers at once that share the load. */
export function together(name: string, candidates: readonly Candidate[]): Candidate {
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

export function repeating(requests: readonly LoadRequest[]): () => LoadRequest {
  let at = 0
  return () => {
    const request = requests[at++ % requests.length]
    if (request === undefined) throw new Error('There is nothing to ask.')
    return request
  }
}

import { bearerToken } from '../bearer-requests.ts'
import { type Benchmark, cycle } from '../benchmark.ts'
import { sendAll } from '../load.ts'
import { list, token, viewer } from '../operations.ts'
import { verdict } from '../report.ts'

const goal = { atMost: 200 }
const steps = 10
const connections = 16

/** Measures how much memory Postern uses after many requests. */
export const memory: Benchmark = {
  name: 'memory',
  about: 'Resident memory under requests for lists, viewers, tokens and bearer tokens, in turns.',
  async run({ database, worlds, memoryRequests, startPostern }) {
    const server = await startPostern(await database(worlds.usual))
    const kinds = [list, viewer, token, bearerToken].map((operation) => operation.requests(worlds.usual).postern)
    const requestsMax = Math.max(...kinds.map((requests) => requests.length))
    const mixed = Array.from({ length: requestsMax }, (_, index) =>
      kinds.flatMap((requests) => requests[index % requests.length] ?? []),
    ).flat()
    const next = cycle(mixed)
    const rows = []
    for (let step = 0; step <= steps; step++) {
      if (step > 0) await sendAll(server.url, next, connections, memoryRequests / steps)
      const { residentMb } = await server.usage()
      const requests = ((memoryRequests / steps) * step).toLocaleString('en')
      rows.push([requests, residentMb.toFixed(0), ...(step === steps ? verdict(residentMb, goal) : ['', ''])])
    }
    return [{ columns: ['requests', 'RSS MB', 'goal', ''], rows }]
  },
}

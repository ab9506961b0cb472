import { bearerToken } from '../bearer-requests.ts'
import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import type { Operation } from '../operation.ts'
import { activity, generate, list, members, repositories, token, viewer } from '../operations.ts'
import { figures, ratios } from '../report.ts'
import type { World } from '../world/world.ts'
import { generating } from './generate.ts'

const operations = [list, viewer, token, repositories, members, activity, bearerToken, generate]

/** Compares Postern on a small world with Postern on a large one. */
export const growth: Benchmark = {
  name: 'growth',
  about:
    'Each operation on a small and on a large world, each with its own Postern. The ratios compare the duration of a request at the same load, and its CPU time.',
  async run({ database, worlds, pace, startPostern }) {
    const { small, large } = worlds
    const urls = { small: await database(small), large: await database(large) }
    const servers = { small: await startPostern(urls.small), large: await startPostern(urls.large) }
    const candidate = (operation: Operation, size: 'small' | 'large') => {
      const world: World = worlds[size]
      const name = `${operation.name}, ${count(world.tokens)} tokens`
      const load = underLoad(name, servers[size], operation.requests(world).postern, operation.connections)
      return operation === generate ? generating(load, urls[size], world) : load
    }
    const measured = []
    const comparisons = []
    for (const operation of operations) {
      const [before, after] = await takeTurns([candidate(operation, 'small'), candidate(operation, 'large')], pace)
      measured.push(before, after)
      const goal = { atMost: 1.3 }
      comparisons.push(
        compare(`${operation.name}: time`, before.requestsPerSecond, after.requestsPerSecond, goal),
        compare(`${operation.name}: CPU`, after.cpuMsPerRequest, before.cpuMsPerRequest),
      )
    }
    return [figures(measured), ratios(comparisons)]
  },
}

function count(n: number): string {
  return n.toLocaleString('en')
}

import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import {
  activity,
  bearerToken,
  generate,
  list,
  members,
  type Operation,
  repositories,
  token,
  viewer,
} from '../operations.ts'
import { figures, ratios } from '../report.ts'
import type { World } from '../world/world.ts'
import { thatGenerates } from './generate.ts'

const operations = [list, viewer, token, repositories, members, activity, bearerToken, generate]

/** Postern on a small world and on a large one. */
export const growth: Benchmark = {
  name: 'growth',
  about:
    'Each operation on a small world and on a large one, a Postern each. The ratio is that of the times a request takes at the same load, and of the CPU time it takes.',
  async run({ database, worlds, pace, startPostern }) {
    const { small, large } = worlds
    const urls = { small: await database(small), large: await database(large) }
    const servers = { small: await startPostern(urls.small), large: await startPostern(urls.large) }
    const candidate = (operation: Operation, size: 'small' | 'large') => {
      const world: World = worlds[size]
      const name = `${operation.name}, ${count(world.tokens)} tokens`
      const load = underLoad(name, servers[size], operation.requests(world).postern, operation.connections)
      return operation === generate ? thatGenerates(load, urls[size], world) : load
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

import { type Benchmark, together, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import { bearerToken, list } from '../operations.ts'
import { figures, ratios } from '../report.ts'

const goal = { atMost: 1.1 }

/** Two instances on one database, against one. */
export const two: Benchmark = {
  name: 'two',
  about:
    'Two instances on one database share the load that each has alone. They have one core between them here, so the CPU time of a request is what counts, not the number of requests.',
  async run({ database, worlds, pace, startPostern }) {
    const url = await database(worlds.usual)
    const one = await startPostern(url)
    const other = await startPostern(url)
    const measured = []
    const comparisons = []
    for (const { name, requests, connections } of [list, bearerToken]) {
      const { postern } = requests(worlds.usual)
      const [first, second, both] = await takeTurns(
        [
          underLoad(`${name}, the one`, one, postern, connections),
          underLoad(`${name}, the other`, other, postern, connections),
          together(`${name}, both`, [
            underLoad('the one', one, postern, connections / 2),
            underLoad('the other', other, postern, connections / 2),
          ]),
        ],
        pace,
      )
      measured.push(first, second, both)
      comparisons.push(compare(`${name}: CPU, both ÷ the one`, both.cpuMsPerRequest, first.cpuMsPerRequest, goal))
    }
    return [figures(measured), ratios(comparisons)]
  },
}

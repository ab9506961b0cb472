import { type Benchmark, together, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import { bearerToken, list } from '../operations.ts'
import { figures, ratios } from '../report.ts'

/** Two instances on one database, against one, and against two that have nothing in common. */
export const two: Benchmark = {
  name: 'two',
  about:
    'Two instances on one database, each with as many connections as the one has alone. They have one core between them here, and processes that take turns on a core cost each other time: so they are compared also with two on a database each, which share the core and nothing else.',
  async run({ database, worlds, pace, startPostern }) {
    const url = await database(worlds.usual)
    const one = await startPostern(url)
    const other = await startPostern(url)
    const apart = await startPostern(await database(worlds.small))
    const measured = []
    const comparisons = []
    for (const { name, requests, connections } of [list, bearerToken]) {
      const loadOn = (server: typeof one, world = worlds.usual) =>
        underLoad('', server, requests(world).postern, connections)
      const [alone, both, eachItsOwn] = await takeTurns(
        [
          { ...loadOn(one), name: `${name}, one` },
          together(`${name}, two on a database`, [loadOn(one), loadOn(other)]),
          together(`${name}, two on a database each`, [loadOn(one), loadOn(apart, worlds.small)]),
        ],
        pace,
      )
      measured.push(alone, both, eachItsOwn)
      comparisons.push(
        compare(`${name}: CPU, two ÷ one`, both.cpuMsPerRequest, alone.cpuMsPerRequest),
        compare(`${name}: CPU, two ÷ two on a database each`, both.cpuMsPerRequest, eachItsOwn.cpuMsPerRequest, {
          atMost: 1.1,
        }),
      )
    }
    return [figures(measured), ratios(comparisons)]
  },
}

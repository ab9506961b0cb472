import { bearerToken } from '../bearer-requests.ts'
import { type Benchmark, combined, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import { list } from '../operations.ts'
import { figures, ratios } from '../report.ts'

/** Compares two instances on one database with one instance, and with two that share nothing. */
export const two: Benchmark = {
  name: 'two',
  about:
    'Two instances on one database, each with as many connections as a single one. They share one core here, and processes that take turns on a core slow each other down. So they are also compared with two instances on a database each, which share only the core.',
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
          combined(`${name}, two on a database`, [loadOn(one), loadOn(other)]),
          combined(`${name}, two on a database each`, [loadOn(one), loadOn(apart, worlds.small)]),
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

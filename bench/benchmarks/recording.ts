import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import { bearerRequests, bearerToken } from '../operations.ts'
import { figures, ratios } from '../report.ts'

/** What noting last uses takes from the token endpoint. */
export const recording: Benchmark = {
  name: 'recording',
  about:
    'GET /token with different tokens, each of whose uses is noted, and the same by a Postern whose recorder was taken out.',
  async run({ database, worlds, pace, startPostern }) {
    const url = await database(worlds.usual)
    const { different } = bearerRequests(worlds.usual)
    const own = await startPostern(url)
    const without = await startPostern(url, 'without-recording.ts')
    const measured = await takeTurns(
      [
        underLoad('Postern', own, different, bearerToken.connections),
        underLoad('Postern without recording', without, different, bearerToken.connections),
      ],
      pace,
    )
    const [postern, other] = measured
    return [
      figures(measured),
      ratios([
        compare('with ÷ without recording', postern.requestsPerSecond, other.requestsPerSecond, { atLeast: 0.9 }),
      ]),
    ]
  },
}

import { bearerRequests, bearerToken } from '../bearer-requests.ts'
import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns, withLongSlices } from '../measure.ts'
import { figures, ratios } from '../report.ts'

/** Measures what recording last uses costs the token endpoint. */
export const recording: Benchmark = {
  name: 'recording',
  about:
    'GET /token with a thousand tokens, whose uses are recorded, compared with a Postern without the recorder. Then the same with tokens that are used once, so that every use is written.',
  async run({ database, worlds, pace, startPostern }) {
    const url = await database(worlds.usual)
    const { different, fresh } = bearerRequests(worlds.usual)
    const own = await startPostern(url)
    const without = await startPostern(url, 'without-recording.ts')
    const measured = await takeTurns(
      [
        underLoad('Postern', own, different, bearerToken.connections),
        underLoad('Postern without recording', without, different, bearerToken.connections),
        underLoad('Postern, tokens that come once', own, fresh, bearerToken.connections),
        underLoad('Postern without recording, tokens that come once', without, fresh, bearerToken.connections),
      ],
      withLongSlices(pace),
    )
    const [postern, other, ofFresh, otherOfFresh] = measured
    return [
      figures(measured),
      ratios([
        compare('with ÷ without recording', postern.requestsPerSecond, other.requestsPerSecond, { atLeast: 0.9 }),
        compare(
          'with ÷ without recording, tokens that come once',
          ofFresh.requestsPerSecond,
          otherOfFresh.requestsPerSecond,
        ),
      ]),
    ]
  },
}

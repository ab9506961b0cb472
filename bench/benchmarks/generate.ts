import { type Benchmark, underLoad } from '../benchmark.ts'
import type { Latencies } from '../load.ts'
import { type Candidate, compare, takeTurns } from '../measure.ts'
import { generate as operation } from '../operations.ts'
import { figures, ratios } from '../report.ts'
import { withClient } from '../world/open-cluster.ts'
import { fullOrganizations, organizationCount, organizationId, type World } from '../world/world.ts'

/** Generating tokens, against pg clients that send the same statements and do nothing else. */
export const generate: Benchmark = {
  name: operation.name,
  about:
    'generateOrganizationToken with two scopes, its activity event and the check of the limit. The bare clients are no server: they send the same statements, prepared, in one transaction.',
  async run({ database, worlds, pace, startPostern, startPeer }) {
    const world = worlds.usual
    const url = await database(world)
    const own = await startPostern(url)
    const bare = await startPeer('bare-client', url, { WORLD: JSON.stringify(world) })
    const measured = await takeTurns(
      [
        thatGenerates(underLoad('Postern', own, operation.requests(world).postern, operation.connections), url, world),
        thatGenerates(
          {
            name: 'bare pg clients',
            usage: bare.usage,
            run: async (durationMs) => (await bare.ask(`run ${operation.connections} ${durationMs}`)) as Latencies,
          },
          url,
          world,
        ),
      ],
      pace,
    )
    const [postern, clients] = measured
    return [
      figures(measured),
      ratios([
        compare('Postern ÷ bare pg clients', postern.requestsPerSecond, clients.requestsPerSecond, { atLeast: 0.6 }),
      ]),
    ]
  },
}

/** Takes away what a slice has generated, so that no limit is reached; throws unless each request made a token. */
export function thatGenerates(candidate: Candidate, databaseUrl: string, world: World): Candidate {
  let expected = 0
  return {
    ...candidate,
    async run(durationMs) {
      const latencies = await candidate.run(durationMs)
      expected = latencies.length
      return latencies
    },
    async afterSlice() {
      const generated = await forgetGenerated(databaseUrl, world)
      if (generated !== expected) throw new Error(`${candidate.name} made ${generated} tokens of ${expected}.`)
    },
  }
}

/** Deletes the tokens of the organizations that had none, and answers how many there were. Their events stay, as ever. */
async function forgetGenerated(databaseUrl: string, world: World): Promise<number | null> {
  const ids: string[] = []
  for (let n = fullOrganizations(world); n < organizationCount(world); n++) ids.push(organizationId(world, n))
  return withClient(databaseUrl, async (client) => {
    const { rowCount } = await client.query('delete from access_token where namespace_id = any($1)', [ids])
    return rowCount
  })
}

import { type Benchmark, underLoad } from '../benchmark.ts'
import type { Latencies } from '../load.ts'
import { type Candidate, compare, takeTurns } from '../measure.ts'
import { generate as operation } from '../operations.ts'
import { figures, ratios } from '../report.ts'
import { withClient } from '../world/open-cluster.ts'
import { fullOrganizations, organizationCount, organizationId, type World } from '../world/world.ts'

/** Compares token generation with pg clients that send the same statements and do nothing else. */
export const generate: Benchmark = {
  name: operation.name,
  about:
    'generateOrganizationToken with two scopes, its activity event and the check of the limit. The bare clients have no server: they send the same statements, prepared, in one transaction.',
  async run({ database, worlds, pace, startPostern, startPeer }) {
    const world = worlds.usual
    const url = await database(world)
    const own = await startPostern(url)
    const bare = await startPeer('bare-client', url, { WORLD: JSON.stringify(world) })
    const measured = await takeTurns(
      [
        generating(underLoad('Postern', own, operation.requests(world).postern, operation.connections), url, world),
        generating(
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

/**
 * Deletes the tokens that a slice generated, so that no limit is reached. Throws unless each request generated a token.
 */
export function generating(candidate: Candidate, databaseUrl: string, world: World): Candidate {
  let expected = 0
  return {
    ...candidate,
    async run(durationMs) {
      const latencies = await candidate.run(durationMs)
      expected = latencies.length
      return latencies
    },
    async afterSlice() {
      const generated = await deleteGenerated(databaseUrl, world)
      if (generated !== expected) throw new Error(`${candidate.name} generated ${generated} tokens of ${expected}.`)
    },
  }
}

/** Deletes the tokens of the organizations that had no tokens, and returns their number. Their events stay. */
async function deleteGenerated(databaseUrl: string, world: World): Promise<number | null> {
  const ids: string[] = []
  for (let n = fullOrganizations(world); n < organizationCount(world); n++) ids.push(organizationId(world, n))
  return withClient(databaseUrl, async (client) => {
    const { rowCount } = await client.query('delete from access_token where namespace_id = any($1)', [ids])
    return rowCount
  })
}

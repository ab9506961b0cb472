import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import { listAsStranger, list as operation } from '../operations.ts'
import { figures, ratios } from '../report.ts'
import { requireDenial, requireSameResponses } from '../responses.ts'

const peers = [
  { name: 'REST', file: 'rest', goal: { atLeast: 0.9 } },
  { name: 'mercurius with jit', file: 'mercurius', goal: { atLeast: 1 } },
  { name: 'graphql-yoga with jit', file: 'yoga', goal: { atLeast: 1.3 } },
  { name: 'PostGraphile 5', file: 'postgraphile', goal: { atLeast: 1.4 } },
]

/** Compares Postern with its peers, all with the same rows and the same access check. */
export const list: Benchmark = {
  name: 'list',
  about:
    'One organization by name, its newest 50 tokens with label, status, times, creator, last use, scopes and usage limit.',
  async run({ database, worlds, pace, startPostern, startPeer }) {
    const url = await database(worlds.usual)
    const requests = operation.requests(worlds.usual)
    const stranger = listAsStranger(worlds.usual)
    const own = { name: 'Postern', ...(await startPostern(url)), requests: requests.postern }
    const others = []
    for (const { name, file } of peers) {
      const server = await startPeer(file, url)
      others.push({ name, ...server, requests: file === 'rest' ? requests.rest : requests.postern })
    }
    await requireSameResponses([own, ...others])
    for (const each of [own, ...others])
      await requireDenial({ ...each, requests: each.name === 'REST' ? stranger.rest : stranger.postern })

    const underOwnLoad = (each: typeof own) => underLoad(each.name, each, each.requests, operation.connections)
    const measured = await takeTurns([underOwnLoad(own), ...others.map(underOwnLoad)], pace)
    const [postern, ...rest] = measured
    const comparisons = rest.map((peer, index) =>
      compare(`Postern ÷ ${peer.name}`, postern.requestsPerSecond, peer.requestsPerSecond, peers[index]?.goal),
    )
    return [figures(measured), ratios(comparisons)]
  },
}

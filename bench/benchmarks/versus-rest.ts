import { type Benchmark, underLoad } from '../benchmark.ts'
import { compare, takeTurns } from '../measure.ts'
import type { Operation } from '../operation.ts'
import {
  members as listMembers,
  repositories as listRepositories,
  token as oneToken,
  activity as pageOfActivity,
  viewer as whoCalls,
} from '../operations.ts'
import { figures, ratios } from '../report.ts'
import { requireSameResponses } from '../responses.ts'

/** Compares Postern with REST on Fastify with hand-written SQL. */
function versusRest(operation: Operation, about: string): Benchmark {
  return {
    name: operation.name,
    about,
    async run({ database, worlds, pace, startPostern, startPeer }) {
      const url = await database(worlds.usual)
      const requests = operation.requests(worlds.usual)
      const postern = { name: 'Postern', ...(await startPostern(url)), requests: requests.postern }
      const rest = { name: 'REST', ...(await startPeer('rest', url)), requests: requests.rest }
      await requireSameResponses([postern, rest])
      const measured = await takeTurns(
        [
          underLoad('Postern', postern, postern.requests, operation.connections),
          underLoad('REST', rest, rest.requests, operation.connections),
        ],
        pace,
      )
      const [own, peer] = measured
      return [figures(measured), ratios([compare('Postern ÷ REST', own.requestsPerSecond, peer.requestsPerSecond)])]
    },
  }
}

export const viewer = versusRest(whoCalls, 'The caller, with the organizations of the person (5).')
export const token = versusRest(oneToken, 'One token by its id, with the fields of the list.')
export const repositories = versusRest(listRepositories, 'The repositories of an organization (10).')
export const members = versusRest(
  listMembers,
  'The members of an organization (5), each with name, role and since when.',
)
export const activity = versusRest(pageOfActivity, 'The newest 50 events of an organization, with who did them.')

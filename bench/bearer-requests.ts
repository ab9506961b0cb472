import type { LoadRequest } from './load.ts'
import type { Operation } from './operation.ts'
import { type Place, pairs, requestsMax, tokenSample } from './samples.ts'
import {
  isForAllRepositories,
  organizationName,
  repositoriesPerOrganization,
  repositoryPath,
  secretOf,
  tokenNumber,
  type World,
} from './world/world.ts'

const registryConnections = 32

/** A pipeline's request for a bearer token that pushes to one repository and pulls from another. */
export const bearerToken: Operation = {
  name: 'token-endpoint',
  connections: registryConnections,
  requests: (world) =>
    pairs(tokenSample(world), (place) => {
      const request = bearerRequest(place, secretOf('oat', tokenNumber(world, place.organization, place.position)))
      return { postern: request, rest: request }
    }),
}

// No candidate responds to as many requests within the seconds for which Postern reuses a signature.
const differentMax = 80_000

/**
 * What a token endpoint receives: a thousand tokens with new repositories each time, tokens that are new, the same
 * pipeline repeatedly, pulls, which are counted, and wrong tokens.
 */
export function bearerRequests(world: World) {
  const sample = tokenSample(world)
  const everyActive = tokenSample(world, Math.min(differentMax, world.tokens))
  const forAll = tokenSample(world, requestsMax, isForAllRepositories)
  const secretAt = ({ organization, position }: Place) => secretOf('oat', tokenNumber(world, organization, position))
  return {
    different: repositoryPairs.flatMap((pair) =>
      forAll.map((place) => bearerRequest(place, secretAt(place), 'pull,push', pair)),
    ),
    fresh: everyActive.map((place) => bearerRequest(place, secretAt(place))),
    same: sample.slice(0, 1).map((place) => bearerRequest(place, secretAt(place))),
    pulls: sample.map((place) => bearerRequest(place, secretAt(place), 'pull')),
    unknown: sample.map((place, index) => rejected(bearerRequest(place, secretOf('oat', world.tokens + index)))),
    malformed: sample.map((place) => rejected(bearerRequest(place, `${secretAt(place).slice(0, -1)}-`))),
  }
}

/** Every ordered pair of an organization's repositories: ninety. */
const repositoryPairs = Array.from({ length: repositoriesPerOrganization ** 2 }, (_, index): [number, number] => [
  Math.floor(index / repositoriesPerOrganization),
  index % repositoriesPerOrganization,
]).filter(([one, other]) => one !== other)

function bearerRequest(
  { organization, position }: Place,
  secret: string,
  first = 'pull,push',
  [one, other]: readonly [number, number] = [0, 1],
): LoadRequest {
  const name = organizationName(organization)
  const repository = (at: number) => `${name}/${repositoryPath((position + at) % repositoriesPerOrganization)}`
  const scopes = [`repository:${repository(one)}:${first}`, `repository:${repository(other)}:pull`]
  return {
    method: 'GET',
    path: `/token?service=registry&${scopes.map((scope) => `scope=${scope}`).join('&')}`,
    headers: { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` },
    status: 200,
  }
}

/** The whole load has one address, which is limited after a hundred failures. */
function rejected(request: LoadRequest): LoadRequest {
  return { ...request, status: 401, laterStatus: 429 }
}

import type { LoadRequest } from './load.ts'
import {
  emptyOrganizations,
  fullOrganizations,
  idOf,
  isActive,
  isForAllRepositories,
  organizationName,
  repositoriesPerOrganization,
  repositoryPath,
  secretOf,
  tokenNumber,
  tokensPerOrganization,
  type World,
} from './world/world.ts'

/** Something that clients ask for: as Postern takes it and, where there is such a peer, as REST does. */
export interface Operation {
  readonly name: string
  readonly connections: number
  /** Many of them, so that no answer is asked for too often; those of one index ask for the same. */
  readonly requests: (world: World) => {
    readonly postern: readonly LoadRequest[]
    readonly rest: readonly LoadRequest[]
  }
}

const requestsMax = 1_000
const apiConnections = 8
const registryConnections = 32

const listQuery = `query Tokens($organization: String!) {
  organization(name: $organization) {
    accessTokens(first: 50) {
      nodes {
        label
        status
        expiresAt
        createdAt
        createdBy { username }
        lastUsedAt
        lastUsed { at ipAddress client repository }
        scopes { resource path permissions }
        usageLimit { limit used remaining resetsAt }
      }
    }
  }
}`

/** The newest 50 tokens of an organization, with everything that lists show. */
export const list: Operation = {
  name: 'list',
  connections: apiConnections,
  requests: (world) => pairs(organizationSample(world), (organization) => listAs(organization, organization)),
}

/** The same, asked by somebody who does not own the organization. */
export function listAsStranger(world: World): ReturnType<Operation['requests']> {
  const { postern, rest } = listAs(fullOrganizations(world) - 1, 0)
  return { postern: [postern], rest: [{ ...rest, status: 403 }] }
}

function listAs(person: number, organization: number) {
  const name = organizationName(organization)
  return {
    postern: graphql(person, listQuery, { organization: name }),
    rest: get(person, `/organizations/${name}/access-tokens?first=50`),
  }
}

export const viewer: Operation = {
  name: 'viewer',
  connections: apiConnections,
  requests: (world) =>
    pairs(organizationSample(world), (person) => ({
      postern: graphql(
        person,
        `query Viewer {
          viewer {
            user { id username displayName email }
            organizations(first: 20) { nodes { id name displayName plan viewerRole } }
          }
        }`,
        {},
      ),
      rest: get(person, '/viewer'),
    })),
}

/** One token by its id, with what the list has of it. */
export const token: Operation = {
  name: 'token',
  connections: apiConnections,
  requests: (world) =>
    pairs(tokenSample(world), ({ organization, position }) => {
      const id = idOf('tok', tokenNumber(world, organization, position), world.tokens)
      return {
        postern: graphql(
          organization,
          `query Token($id: ID!) {
            accessToken(id: $id) {
              label
              status
              expiresAt
              createdAt
              createdBy { username }
              lastUsedAt
              lastUsed { at ipAddress client repository }
              scopes { resource path permissions }
              usageLimit { limit used remaining resetsAt }
            }
          }`,
          { id },
        ),
        rest: get(organization, `/access-tokens/${id}`),
      }
    }),
}

export const repositories: Operation = {
  name: 'repositories',
  connections: apiConnections,
  requests: (world) =>
    pairs(organizationSample(world), (organization) => ({
      postern: graphql(
        organization,
        `query Repositories($organization: String!) {
          organization(name: $organization) {
            repositories(first: 20) { nodes { id name description visibility createdAt } }
          }
        }`,
        { organization: organizationName(organization) },
      ),
      rest: get(organization, `/organizations/${organizationName(organization)}/repositories?first=20`),
    })),
}

export const members: Operation = {
  name: 'members',
  connections: apiConnections,
  requests: (world) =>
    pairs(organizationSample(world), (organization) => ({
      postern: graphql(
        organization,
        `query Members($organization: String!) {
          organization(name: $organization) {
            members(first: 20) { nodes { user { id username displayName } role joinedAt } }
          }
        }`,
        { organization: organizationName(organization) },
      ),
      rest: get(organization, `/organizations/${organizationName(organization)}/members?first=20`),
    })),
}

/** The newest 50 events of an organization, with everything that their tokens do not add. */
export const activity: Operation = {
  name: 'activity',
  connections: apiConnections,
  requests: (world) =>
    pairs(organizationSample(world), (organization) => ({
      postern: graphql(
        organization,
        `query Activity($organization: String!) {
          organization(name: $organization) {
            activity(first: 50) {
              nodes {
                id
                at
                action
                actor { kind name user { username displayName } }
                tokenLabel
                target
                ipAddress
                userAgent
                data { key value }
              }
            }
          }
        }`,
        { organization: organizationName(organization) },
      ),
      rest: get(organization, `/organizations/${organizationName(organization)}/activity?first=50`),
    })),
}

/** A token for each of the organizations that have none. */
export const generate: Operation = {
  name: 'generate',
  connections: apiConnections,
  requests: (world) => {
    const postern = Array.from({ length: emptyOrganizations }, (_, index) => {
      const organization = fullOrganizations(world) + index
      const path = organizationName(organization)
      return graphql(
        organization,
        `mutation Generate($input: GenerateOrganizationTokenInput!) {
          generateOrganizationToken(input: $input) {
            accessToken { id label status hint expiresAt scopes { resource path permissions } }
            secret
            userErrors { code message path }
          }
        }`,
        {
          input: {
            organization: path,
            label: 'ci',
            description: 'Builds and pushes the API',
            scopes: [
              { resource: 'REPOSITORY', path: `${path}/*`, permissions: ['IMAGE_PUSH'] },
              { resource: 'ORGANIZATION', path, permissions: ['REPOSITORY_CREATE'] },
            ],
          },
        },
      )
    })
    return { postern, rest: [] }
  },
}

/** A pipeline's request for a bearer token: to push to one repository and pull from another. */
export const bearerToken: Operation = {
  name: 'token-endpoint',
  connections: registryConnections,
  requests: (world) =>
    pairs(tokenSample(world), (place) => {
      const request = bearerRequest(place, secretOf('oat', tokenNumber(world, place.organization, place.position)))
      return { postern: request, rest: request }
    }),
}

// More than any candidate answers in the seconds for which Postern shares a signature.
const differentMax = 80_000

/**
 * What comes to the token endpoint: a thousand tokens, each for other repositories each time, tokens that have not come before,
 * the same pipeline again and again, pulls, which are counted, and wrong tokens.
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
    unknown: sample.map((place, index) => refused(bearerRequest(place, secretOf('oat', world.tokens + index)))),
    malformed: sample.map((place) => refused(bearerRequest(place, `${secretAt(place).slice(0, -1)}-`))),
  }
}

interface Place {
  readonly organization: number
  readonly position: number
}

/** Every repository of an organization with every other: ninety. */
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

/** After a hundred failures from one address, which is all that the load has, clients are told to wait. */
function refused(request: LoadRequest): LoadRequest {
  return { ...request, status: 401, laterStatus: 429 }
}

/** Some organizations that have tokens, from the oldest to the newest. */
function organizationSample(world: World): number[] {
  const full = fullOrganizations(world)
  const count = Math.min(full, requestsMax)
  return Array.from({ length: count }, (_, index) => Math.floor((index * full) / count))
}

/** Some active tokens that are wanted, of many organizations. */
function tokenSample(world: World, count = requestsMax, isWanted = (_position: number) => true): Place[] {
  const organizations = organizationSample(world)
  const positions = Array.from({ length: tokensPerOrganization }, (_, position) => position).filter(
    (position) => isActive(position) && isWanted(position),
  )
  return Array.from({ length: count }, (_, index) => ({
    organization: organizations[index % organizations.length] ?? 0,
    // From one round through the organizations to the next, another token of each.
    position: positions[(index * 7 + Math.floor(index / organizations.length)) % positions.length] ?? 0,
  }))
}

function pairs<T>(items: readonly T[], toRequests: (item: T) => { postern: LoadRequest; rest: LoadRequest }) {
  const all = items.map(toRequests)
  return { postern: all.map(({ postern }) => postern), rest: all.map(({ rest }) => rest) }
}

function graphql(person: number, query: string, variables: object): LoadRequest {
  return {
    method: 'POST',
    path: '/graphql',
    headers: { authorization: `Bearer ${secretOf('ses', person)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    status: 200,
  }
}

function get(person: number, path: string): LoadRequest {
  return { method: 'GET', path, headers: { authorization: `Bearer ${secretOf('ses', person)}` }, status: 200 }
}

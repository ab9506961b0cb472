import type { LoadRequest } from './load.ts'
import type { Operation } from './operation.ts'
import { organizationSample, pairs, tokenSample } from './samples.ts'
import {
  emptyOrganizations,
  fullOrganizations,
  idOf,
  organizationName,
  secretOf,
  tokenNumber,
  type World,
} from './world/world.ts'

const apiConnections = 8

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

/** The same list, requested by somebody who does not own the organization. */
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

/** One token by its id, with the fields of the list. */
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

/** The newest 50 events of an organization, without what requires a lookup of their tokens. */
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

/** Generates a token for each organization without tokens. */
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

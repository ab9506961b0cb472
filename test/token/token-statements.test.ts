import { afterAll, beforeAll, expect, it } from 'vitest'
import { AccessTokenScope, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import { AccessTokenLastUse, UsageWindow } from '../../src/domain/model/usage-tables.ts'
import { User } from '../../src/domain/model/user.ts'
import { usageWindowAt } from '../../src/domain/usage/usage-limit.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { insertTokens } from './arrange.ts'

/**
 * The caller with their organizations, the list, its count, which the organization's limit shares, and for all tokens
 * together their scopes, secrets, uses with pulls, creators and organization.
 */
const STATEMENTS_OF_A_FULL_LIST = 8

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createFull('two', 2)
  await createFull('hundred', 100)
})
afterAll(() => postern.stop())

/** An organization with a number of tokens, each with its own creator, scopes, secrets, last use and pulls. */
async function createFull(name: string, count: number): Promise<void> {
  const organization = await createOrganization(owner, name, 'BUSINESS')
  const repository = await createRepository(owner, `${name}/api`)
  const em = postern.em()
  const now = new Date()
  const people = Array.from({ length: count }, (_, index) => ({
    id: `usr_${name}_${index}`,
    username: `${name}-${index}`,
  }))
  await em.insertMany(
    Namespace,
    people.map(({ id, username }) => ({ id, name: username, kind: 'USER' as const })),
  )
  const rest = { email: null, passwordHash: 'none', isAdministrator: false, createdAt: now }
  await em.insertMany(
    User,
    people.map((person) => ({ ...person, displayName: person.username, ...rest })),
  )
  const tokens = people.map(({ id, username }) => ({ label: username, createdBy: id }))
  const ofTokens = (await insertTokens(em, organization, tokens)).map((token) => ({ namespace: organization, token }))
  const named = { repository, repositoryNamespace: organization }
  const second = { position: 1, kind: 'NAMED_REPOSITORY', ...named } as const
  await em.insertMany(
    AccessTokenScope,
    ofTokens.map((ofToken) => ({ ...ofToken, ...second, permissions: ['IMAGE_PUSH' as const] })),
  )
  await em.insertMany(
    AccessTokenSecret,
    ofTokens.map((ofToken) => ({
      ...ofToken,
      id: `sec_second_${ofToken.token}`,
      hash: Buffer.from(ofToken.token),
      hint: 'wxyz',
      createdAt: now,
      expiresAt: null,
      lastUsedAt: now,
    })),
  )
  const { startsAt, endsAt } = usageWindowAt(now)
  await em.insertMany(
    AccessTokenLastUse,
    ofTokens.map((ofToken) => ({ ...ofToken, at: now })),
  )
  // Also the next window, which may begin while these tests run.
  for (const start of [startsAt, endsAt])
    await em.insertMany(
      UsageWindow,
      ofTokens.map(({ namespace, token }) => ({ namespace, subjectId: token, startsAt: start, pulls: 3 })),
    )
}

const everyField = `
  __typename id label description status origin hint createdAt expiresAt lastUsedAt
  createdBy { id username displayName createdAt email }
  lastUsed { at ipAddress client repository }
  scopes { resource path permissions }
  usageLimit { limit used remaining windowSeconds resetsAt }
  secrets { hint createdAt expiresAt lastUsedAt }
  ... on OrganizationAccessToken { organization { id name displayName plan createdAt viewerRole viewerCanManageTokens } }`

const query = `query ($name: String!, $first: Int) {
  organization(name: $name) {
    id name displayName plan createdAt viewerRole viewerCanManageTokens
    tokenLimit { limit used remaining }
    accessTokens(first: $first) {
      totalCount
      nodes { ${everyField} }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}`

interface Listed {
  readonly label: string
  readonly createdBy: { readonly username: string }
  readonly organization: { readonly name: string }
}

/** The statements of a list of so many tokens of an organization with every field, and the tokens. */
async function listing(name: string, first: number) {
  const nodes: Listed[] = []
  const statements = await statementsOf(async () => {
    const { body } = await owner.send({ query, variables: { name, first } })
    expect(body.errors).toBeUndefined()
    const organization = body.data?.organization as { accessTokens: { nodes: Listed[] } } | undefined
    nodes.push(...(organization?.accessTokens.nodes ?? []))
  })
  return { statements, nodes }
}

it('lists 100 tokens with every field in the statements of 2', async () => {
  const two = await listing('two', 2)
  const hundred = await listing('hundred', 100)
  expect(two.nodes).toHaveLength(2)
  expect(hundred.nodes).toHaveLength(100)
  // Statements that are sent together arrive in any order.
  expect(hundred.statements.toSorted()).toEqual(two.statements.toSorted())
  expect(hundred.statements).toHaveLength(STATEMENTS_OF_A_FULL_LIST)
})

it('returns for each token its own creator, scopes, secrets, last use and pulls', async () => {
  const { nodes } = await listing('hundred', 100)
  for (const node of nodes) {
    expect(node.createdBy.username).toBe(node.label)
    expect(node).toMatchObject({
      __typename: 'OrganizationAccessToken',
      organization: { name: 'hundred' },
      usageLimit: { used: 3 },
      scopes: [{ path: 'hundred/*' }, { path: 'hundred/api' }],
      hint: 'wxyz',
      secrets: [{ hint: 'wxyz' }, { hint: 'abcd' }],
      lastUsed: { repository: null },
    })
  }
})

it('reads only the requested fields', async () => {
  const statementsFor = async (fields: string) =>
    statementsOf(() =>
      owner.send({ query: `{ organization(name: "hundred") { accessTokens(first: 100) { ${fields} } } }` }),
    )
  const plain = await statementsFor('nodes { id label status createdAt }')
  expect(plain).toHaveLength(2)
  for (const field of [
    'lastUsedAt',
    'lastUsed { at }',
    'usageLimit { used }',
    'scopes { path }',
    'hint',
    'createdBy { id }',
  ])
    expect(await statementsFor(`nodes { id ${field} }`)).toHaveLength(3)
  expect(await statementsFor('nodes { lastUsedAt lastUsed { at } } edges { node { lastUsedAt } }')).toHaveLength(3)
  expect(await statementsFor('nodes { hint secrets { hint } }')).toHaveLength(3)
  expect(await statementsFor('totalCount nodes { id }')).toHaveLength(3)
})

it('caches nothing between requests', async () => {
  const used = async () => (await listing('two', 2)).nodes.map((node) => Reflect.get(node, 'usageLimit').used)
  expect(await used()).toEqual([3, 3])
  await postern.em().nativeUpdate(UsageWindow, {}, { pulls: 4 })
  expect(await used()).toEqual([4, 4])
  await postern.em().nativeUpdate(UsageWindow, {}, { pulls: 3 })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await generateToken(owner, { scopes: [{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }] })
})
afterAll(() => postern.stop())

const tokens = `query Tokens($first: Int) {
  organization(name: "acme") { accessTokens(first: $first) { nodes { label usageLimit { used } } } }
}`
const costOf = async (query: string, variables: Record<string, unknown> = {}) => {
  const { status, body, extensions } = await owner.send({ query, variables })
  return { status, errors: body.errors?.length ?? 0, cost: extensions.cost }
}

it('returns the cost of each query, with the limit', async () => {
  const cost = { fields: expect.any(Number), fieldsMax: 10_000, lookups: expect.any(Number), lookupsMax: 14 }
  const [first, second] = [await costOf(tokens, { first: 5 }), await costOf(tokens, { first: 5 })]
  expect(first).toEqual({ status: 200, errors: 0, cost })
  expect(second).toEqual(first)
})

it('includes the length of pages in the cost', async () => {
  const fields = async (first: number) => (await costOf(tokens, { first })).cost?.fields
  const [ten, twenty] = [await fields(10), await fields(20)]
  expect(twenty).toBeGreaterThan(ten ?? Number.POSITIVE_INFINITY)
  expect(await fields(10)).toBe(ten)
})

it('includes the length of pages backward, whatever was sent before with the same document', async () => {
  const query = `query Backward($last: Int) {
    organization(name: "acme") { groups(last: $last) { nodes { members(last: $last) { nodes { user { username } } } } } }
  }`
  const [one, two] = [await costOf(query, { last: 1 }), await costOf(query, { last: 2 })]
  expect(two.cost?.fields).toBeGreaterThan(one.cost?.fields ?? Number.POSITIVE_INFINITY)
  expect(await costOf(query, { last: 100 })).toMatchObject({ status: 400, errors: 1 })
})

it('returns the cost of an invalid query', async () => {
  const members = 'members(first: 100) { nodes { user { username } } }'
  const query = `{ organization(name: "acme") { groups(first: 100) { nodes { ${members} } } } }`
  const { status, errors, cost } = await costOf(query)
  expect({ status, errors }).toEqual({ status: 400, errors: 1 })
  expect(cost?.fields).toBeGreaterThan(10_000)
})

it('returns the cost of a mutation', async () => {
  const { cost } = await costOf('mutation { signOut { userErrors { code } } }')
  expect(cost).toMatchObject({ fields: expect.any(Number) })
})

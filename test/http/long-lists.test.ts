import { buildSchema } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkFieldCosts } from '../../src/graphql/limits/operation-cost.ts'
import { databaseDigest } from '../access/database-digest.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())

const errorFields = 'userErrors { code message path }'
const times = <T>(length: number, value: T) => Array.from({ length }, () => value)

/** The errors in the payload of a mutation, which must change nothing. */
async function errorsOf(query: string, variables: Record<string, unknown>) {
  const before = await databaseDigest(postern)
  const { body } = await owner.send({ query, variables })
  expect(body.errors).toBeUndefined()
  expect(await databaseDigest(postern)).toBe(before)
  const [payload] = Object.values(body.data ?? {}) as Array<{
    readonly userErrors: ReadonlyArray<{ readonly message: string; readonly path: readonly string[] }>
  }>
  return payload?.userErrors ?? []
}

const generate = `mutation ($input: GenerateOrganizationTokenInput!) {
  generateOrganizationToken(input: $input) { ${errorFields} }
}`
const configure = `mutation ($input: ConfigureSsoInput!) {
  configureSso(organization: "acme", input: $input) { ${errorFields} }
}`
const provider = { issuer: 'http://127.0.0.1:9', clientId: 'a', clientSecret: 'b' }
const scope = (path: string, permissions: readonly string[]) => ({ resource: 'REPOSITORY', path, permissions })

describe('an input with a list that is too long', () => {
  it.each([
    ['redirect URIs', configure, { ...provider, redirectUris: times(1_500, '') }, ['input', 'redirectUris']],
    [
      'scopes',
      generate,
      { organization: 'acme', label: 'ci', scopes: times(300, scope('?', ['MEMBER_READ'])) },
      ['input', 'scopes'],
    ],
    [
      'permissions of a scope',
      generate,
      { organization: 'acme', label: 'ci', scopes: [scope('acme/*', times(1_500, 'MEMBER_READ'))] },
      ['input', 'scopes', '0', 'permissions'],
    ],
  ])('an input with a list that is too long has one error for its %s', async (_, query, input, path) => {
    const errors = await errorsOf(query, { input })
    expect(errors.map((error) => error.path)).toEqual([path])
  })

  it('an input with a list that is too long has at most a hundred errors, and the last counts the others', async () => {
    const scopes = times(50, scope('acme/*', times(10, 'MEMBER_READ')))
    const errors = await errorsOf(generate, { input: { organization: 'acme', label: 'ci', scopes } })
    expect(errors).toHaveLength(100)
    // 500 permissions, and 49 paths that stand twice.
    expect(errors.at(-1)).toEqual({
      code: 'INVALID',
      message: 'There are 450 more errors. Correct these first.',
      path: [],
    })
    expect(errors.slice(0, -1).every(({ path }) => path.length > 2)).toBe(true)
  })
})

describe('a list of a payload', () => {
  it.each([
    ['userErrors', 'createOrganization(input: { name: "new" })', errorFields],
    [
      'results',
      'inviteMembers(input: { organization: "acme", invitees: ["x@example.com"], role: MEMBER })',
      'results { invitee invite { id role } userErrors { code message path } }',
    ],
  ])(
    'costs as much as its items, so that aliases of %s are denied, and nothing is executed',
    async (_, field, list) => {
      const aliases = times(90, list).map((each, index) => `a${index}: ${each}`)
      const before = await databaseDigest(postern)
      const { status, body } = await owner.send({ query: `mutation { ${field} { ${aliases.join(' ')} } }` })
      expect({ status, code: body.errors?.[0]?.extensions.code }).toEqual({ status: 400, code: 'BAD_USER_INPUT' })
      expect(body.errors?.[0]?.message).toMatch(/^This operation costs \d+ fields, and at most 10000 are allowed\./)
      expect(await databaseDigest(postern)).toBe(before)
    },
  )

  it('needs a number of items, without which Postern does not start', () => {
    const schema = buildSchema('type Query { things: [Thing!]! } type Thing { id: ID! }')
    expect(() => checkFieldCosts(schema)).toThrow('field-costs.ts has no number of items for Query.things.')
  })

  it('repeats no more of an invitee than an invitee can have', async () => {
    const query = `mutation ($invitees: [String!]!) {
      inviteMembers(input: { organization: "acme", invitees: $invitees, role: MEMBER }) {
        results { invitee invite { id } userErrors { code } } userErrors { code }
      }
    }`
    const longest = `${'a'.repeat(254 - '@example.com'.length)}@example.com`
    const { body } = await owner.send({ query, variables: { invitees: [longest, 'b'.repeat(5_000)] } })
    expect(body.data).toEqual({
      inviteMembers: {
        userErrors: [],
        results: [
          { invitee: longest, invite: { id: expect.any(String) }, userErrors: [] },
          { invitee: 'b'.repeat(254), invite: null, userErrors: [{ code: 'INVALID' }] },
        ],
      },
    })
  })
})

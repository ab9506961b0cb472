import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client, WireResponse } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())

function expectInvalid({ status, body }: WireResponse): string {
  expect({ status, codes: new Set(body.errors?.map(({ extensions }) => extensions.code)) }).toEqual({
    status: 400,
    codes: new Set(['BAD_USER_INPUT']),
  })
  expect(body).not.toHaveProperty('data')
  return body.errors?.[0]?.message ?? ''
}

const fields = (count: number, one: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => one(i)).join(' ')

const nested = (open: string, times: number, inside: string, close = '}') =>
  open.repeat(times) + inside + close.repeat(times)

describe('a document', () => {
  it.each([
    ['breaks off', '{ viewer {', /Syntax Error/],
    ['is not GraphQL', 'SELECT * FROM user_account', /Syntax Error/],
    ['contains only a comment', '# nothing', /Syntax Error/],
    ['has an unterminated string', '{ organization(name: "acme) { id } }', /Syntax Error/],
    ['holds U+0000', '{ viewer\u0000 { user { id } } }', /Syntax Error/],
    ['contains half a surrogate pair', '{ organization(name: "\ud800") { id } }', /Syntax Error/],
    ['has no operation', 'fragment F on Query { __typename }', /./],
    ['requests a field that does not exist', '{ viewer { password } }', /Cannot query field "password"/],
    ['has an argument that does not exist', '{ viewer(id: 1) { user { id } } }', /Unknown argument "id"/],
    ['lacks an argument', '{ organization { id } }', /argument "name" of type "String!" is required/],
    ['selects no field of an object', '{ viewer }', /must have a selection of subfields/],
    ['selects fields of a string', '{ organization(name: "acme") { name { id } } }', /must not have a selection/],
    ['uses a variable that it does not declare', '{ organization(name: $name) { id } }', /"\$name" is not defined/],
    ['uses a fragment that does not exist', '{ viewer { ...Missing } }', /Unknown fragment "Missing"/],
    ['spreads a fragment in itself', '{ ...A } fragment A on Query { ...A }', /within itself/],
    ['uses a directive that does not exist', '{ viewer @export { user { id } } }', /Unknown directive/],
    [
      'has a number instead of a string',
      '{ organization(name: 42) { id } }',
      /String cannot represent a non string value/,
    ],
    [
      'has a value that the enum does not have',
      'mutation { changeOrganizationPlan(organization: "acme", plan: GOLD) { organization { id } } }',
      /"Plan" enum/,
    ],
    [
      'has a field that the input does not have',
      'mutation { signIn(input: { user: "a", username: "a", password: "b" }) { sessionToken } }',
      /Field "user" is not defined/,
    ],
    [
      'uses an operation type that the schema does not have',
      'subscription { viewer { user { id } } }',
      /no operations of the type subscription/,
    ],
    ['defines a type', 'type A { id: ID }', /not executable/],
  ])('a document is invalid if it %s', async (_what, query, message) => {
    expect(expectInvalid(await owner.send({ query }))).toMatch(message)
  })

  it('a document is invalid if it does not name one of its operations, or names another', async () => {
    const query = 'query A { __typename } query B { viewer { user { username } } }'
    expect(expectInvalid(await owner.send({ query }))).toMatch(/operation name/)
    expect(expectInvalid(await owner.send({ query, operationName: 'C' }))).toBe('Unknown operation.')
    expect((await owner.send({ query, operationName: 'B' })).body.data).toEqual({
      viewer: { user: { username: 'admin' } },
    })
  })

  it.each([
    ['tokens', `{ ${'... { '.repeat(700)}__typename${' }'.repeat(700)} }`, /more that 2000 tokens/],
    ['characters', `{ repository(name: "${'a'.repeat(32_000)}") { id } }`, /more than 32000 characters/],
    ['directives', `{ viewer ${'@include(if: true) '.repeat(101)} { user { id } } }`, /more than 100 directives/],
    ['aliases', `{ viewer { ${fields(101, (i) => `a${i}: __typename`)} } }`, /more than 100 aliases/],
    ['root fields', `{ ${fields(13, (i) => `a${i}: __typename`)} }`, /more than 12 root fields/],
    [
      'mutations',
      `mutation { ${fields(6, (i) => `a${i}: deleteToken(id: "tok_${i}") { deletedId }`)} }`,
      /more than 5 mutations/,
    ],
    ['fields of one name in one place', `{ viewer { user { ${'id '.repeat(31)} } } }`, /more than 30 fields named id/],
    [
      'fields of one name after their parents are merged',
      `{ ${'viewer { user { id id } } '.repeat(16)} }`,
      /more than 30 fields named id/,
    ],
    [
      'fields of one name, from fragments',
      `{ viewer { user { ${fields(31, (i) => `...F${i}`)} } } } ${fields(31, (i) => `fragment F${i} on User { id }`)}`,
      /more than 30 fields named id/,
    ],
    [
      'levels',
      `{ organization(name: "acme") { ${nested('repositories { nodes { organization { ', 7, 'id', '} } }')} } }`,
      /more than 20 levels/,
    ],
  ])('a document is invalid with more %s than allowed, each time that it is sent', async (_what, query, message) => {
    for (const client of [postern.client(), owner, owner])
      expect(expectInvalid(await client.send({ query }))).toMatch(message)
  })

  it('a document is invalid by GET as by POST', async () => {
    const query = `{ ${fields(13, (i) => `a${i}: __typename`)} }`
    const response = await fetch(`${postern.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': 'true' },
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('more than 12 root fields')
  })

  it('includes fields under false conditions in its limits', async () => {
    const query = `{ viewer @skip(if: true) { ${fields(101, (i) => `a${i}: __typename`)} } }`
    expect(expectInvalid(await postern.client().send({ query }))).toMatch(/aliases/)
  })

  it.each([
    [
      'selections',
      `{ organization(name: "acme") { ${nested('repositories { nodes { organization { ', 245, 'id', '} } }')} } }`,
    ],
    ['inline fragments', `{ ${nested('... { ', 495, 'viewer { nothing }')} }`],
    ['lists', `{ organization(name: ${nested('[', 990, '"acme"', ']')}) { id } }`],
    ['inputs', `mutation { signIn(input: ${nested('{ username: ', 490, '1')}) { sessionToken } }`],
    ['types of variables', `query ($a: ${nested('[', 990, 'Int', ']')}) { __typename }`],
    ['introspection', `{ __schema { types ${nested('{ fields { type ', 300, '{ name }', '} }')} } }`],
  ])(
    'a document is invalid if it nests %s as deep as its tokens allow, and overflows no stack',
    async (_what, query) => {
      expectInvalid(await owner.send({ query }))
    },
  )

  it.each([12, 27, 100])(
    'a document is invalid if its %i fragments spread each other twice, without unfolding them',
    async (count) => {
      const spread = fields(count, (i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`)
      const end = `fragment F${count} on Viewer { user { id } }`
      for (const root of ['viewer', 'viewer @skip(if: true)'])
        for (const client of [postern.client(), owner])
          for (const _time of [1, 2]) {
            const query = `{ ${root} { ...F0 } } ${spread} ${end}`
            expect(expectInvalid(await client.send({ query }))).toMatch(/more than 1000 selections/)
          }
    },
  )

  it('a document can request the whole schema that clients show, in one introspection', async () => {
    const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true })
    expect((await postern.client().send({ query })).body.errors).toBeUndefined()
  })

  it('a document is invalid if its response would be too large, as unbounded introspection is', async () => {
    const query = `{ __schema { ${fields(90, (i) => `a${i}: types { name fields { name } }`)} } }`
    for (const _time of [1, 2]) expect(expectInvalid(await postern.client().send({ query }))).toMatch(/too large/)
  })
})

describe('the cost of an operation', () => {
  const tokens =
    'nodes { id label lastUsedAt usageLimit { used } scopes { path } secrets { hint } createdBy { username } }'
  const organizations = (first: string, inner: string) =>
    `{ viewer { organizations(${first}) { nodes { accessTokens(${inner}) { ${tokens} } } } } }`
  const within = organizations('first: 2', 'first: 100')
  const over = organizations('first: 50', 'first: 100')

  it('allows a page of 100 tokens with every field', async () => {
    expect((await owner.send({ query: within })).body.errors).toBeUndefined()
  })

  it.each([
    ['by literals', over, {}],
    ['by variables', `query ($o: Int, $t: Int) ${organizations('first: $o', 'first: $t')}`, { o: 50, t: 100 }],
    ['by defaults of variables', `query ($o: Int = 50, $t: Int = 100) ${organizations('first: $o', 'first: $t')}`, {}],
    ['by aliases', `{ ${fields(10, (i) => `a${i}: ${within.slice(1, -1)}`)} }`, {}],
    [
      'by a fragment that is spread again and again',
      `{ ${fields(10, (i) => `a${i}: viewer { ...V }`)} }
       fragment V on Viewer { organizations(first: 2) { nodes { accessTokens(first: 100) { ${tokens} } } } }`,
      {},
    ],
    [
      'by inline fragments',
      over.replace('nodes { accessTokens', 'nodes { ... on Organization { accessTokens').replace(/\}$/, '} }'),
      {},
    ],
    ['by edges', over.replaceAll('nodes {', 'edges { node {').replace(/\}$/, '} } }'), {}],
  ])('the cost of an operation is invalid over the limit: %s', async (_how, query, variables) => {
    expect(expectInvalid(await owner.send({ query, variables }))).toMatch(
      /costs \d+ (fields|lookups), and at most \d+ are allowed/,
    )
  })

  it('the cost of an operation is computed again for the same document with other variables', async () => {
    const query = `query ($o: Int, $t: Int) ${organizations('first: $o', 'first: $t')}`
    expect((await owner.send({ query, variables: { o: 1, t: 1 } })).body.errors).toBeUndefined()
    expectInvalid(await owner.send({ query, variables: { o: 50, t: 100 } }))
    expect((await owner.send({ query, variables: { o: 1, t: 1 } })).body.errors).toBeUndefined()
  })

  it('includes what @include and @skip leave out', async () => {
    const query = over.replace('accessTokens(first: 100)', 'accessTokens(first: 100) @include(if: $all)')
    for (const all of [false, true])
      expectInvalid(await owner.send({ query: `query ($all: Boolean!) ${query}`, variables: { all } }))
  })

  it('the cost of an operation does not shrink with a negative or null `first`, or null for a default', async () => {
    const cases = [
      ['$o: Int', -1_000_000],
      ['$o: Int', null],
      ['$o: Int = 1', null],
    ] as const
    for (const [declaration, first] of cases) {
      const variables = { o: first, t: 100 }
      const query = `query (${declaration}, $t: Int) { ${fields(10, (i) => `a${i}: ${organizations('first: $o', 'first: $t').slice(1, -1)}`)} }`
      expectInvalid(await owner.send({ query, variables }))
    }
  })

  it('allows one password per request', async () => {
    const attempts = (count: number) =>
      `mutation { ${fields(count, (i) => `a${i}: signIn(input: { username: "nobody", password: "guess ${i}" }) { userErrors { code } }`)} }`
    expect(expectInvalid(await postern.client().send({ query: attempts(2) }))).toMatch(/one password/)
    const { body } = await postern.client().send({ query: attempts(1) })
    expect(body.data).toEqual({ a0: { userErrors: [{ code: 'SIGN_IN_FAILED' }] } })
  })
})

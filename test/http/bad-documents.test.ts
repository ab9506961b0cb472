import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client, WireAnswer } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())

function expectRefused({ status, body }: WireAnswer): string {
  expect({ status, codes: new Set(body.errors?.map(({ extensions }) => extensions.code)) }).toEqual({
    status: 400,
    codes: new Set(['BAD_USER_INPUT']),
  })
  expect(body).not.toHaveProperty('data')
  return body.errors?.[0]?.message ?? ''
}

const nested = (open: string, times: number, inside: string, close = '}') =>
  open.repeat(times) + inside + close.repeat(times)

describe('a document', () => {
  it.each([
    ['breaks off', '{ viewer {', /Syntax Error/],
    ['is no GraphQL', 'SELECT * FROM user_account', /Syntax Error/],
    ['holds nothing but a comment', '# nothing', /Syntax Error/],
    ['has an unterminated text', '{ organization(name: "acme) { id } }', /Syntax Error/],
    ['holds U+0000', '{ viewer\u0000 { user { id } } }', /Syntax Error/],
    ['holds half a surrogate pair', '{ organization(name: "\ud800") { id } }', /Syntax Error/],
    ['has no operation', 'fragment F on Query { __typename }', /./],
    ['asks for a field that is not there', '{ viewer { password } }', /Cannot query field "password"/],
    ['gives an argument that is not there', '{ viewer(id: 1) { user { id } } }', /Unknown argument "id"/],
    ['leaves out an argument', '{ organization { id } }', /argument "name" of type "String!" is required/],
    ['asks for no field of an object', '{ viewer }', /must have a selection of subfields/],
    ['asks for fields of a text', '{ organization(name: "acme") { name { id } } }', /must not have a selection/],
    ['uses a variable that it does not declare', '{ organization(name: $name) { id } }', /"\$name" is not defined/],
    ['uses a fragment that is not there', '{ viewer { ...Missing } }', /Unknown fragment "Missing"/],
    ['spreads a fragment in itself', '{ ...A } fragment A on Query { ...A }', /within itself/],
    ['uses a directive that is not there', '{ viewer @export { user { id } } }', /Unknown directive/],
    ['gives a number for a text', '{ organization(name: 42) { id } }', /String cannot represent a non string value/],
    [
      'gives a value that an enum does not have',
      'mutation { changeOrganizationPlan(organization: "acme", plan: GOLD) { organization { id } } }',
      /"Plan" enum/,
    ],
    [
      'gives a member that an input does not have',
      'mutation { signIn(input: { user: "a", username: "a", password: "b" }) { sessionToken } }',
      /Field "user" is not defined/,
    ],
    [
      'asks for an operation type that is not served',
      'subscription { viewer { user { id } } }',
      /no operations of the type subscription/,
    ],
    ['defines a type', 'type A { id: ID }', /not executable/],
  ])('is refused that %s', async (_what, query, message) => {
    expect(expectRefused(await owner.send({ query }))).toMatch(message)
  })

  it('is refused when it does not say, or says wrongly, which of its operations to run', async () => {
    const query = 'query A { __typename } query B { viewer { user { username } } }'
    expect(expectRefused(await owner.send({ query }))).toMatch(/operation name/)
    expect(expectRefused(await owner.send({ query, operationName: 'C' }))).toBe('Unknown operation.')
    expect((await owner.send({ query, operationName: 'B' })).body.data).toEqual({
      viewer: { user: { username: 'admin' } },
    })
  })

  it('is refused with more than 2000 tokens', async () => {
    const aliases = `{ ${Array.from({ length: 666 }, (_, i) => `a${i}: __typename`).join(' ')} }`
    expect(expectRefused(await owner.send({ query: `query ${aliases}` }))).toMatch(/2000 tokens/)
    expect((await owner.send({ query: aliases })).body.errors).toBeUndefined()
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
  ])('is refused, and takes the server no stack, when it nests %s as deep as its tokens go', async (_what, query) => {
    expectRefused(await owner.send({ query }))
  })

  it('is refused when its fragments unfold without end', async () => {
    const fragments = Array.from({ length: 100 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)
    const query = `{ ...F0 } ${fragments.join(' ')} fragment F100 on Query { viewer { user { id } } }`
    expect(expectRefused(await owner.send({ query }))).toMatch(/number of nodes/)
  })
})

describe('the cost of an operation', () => {
  const tokens =
    'nodes { id label lastUsedAt usageLimit { used } scopes { path } secrets { hint } createdBy { username } }'
  const organizations = (first: string, inner: string) =>
    `{ viewer { organizations(${first}) { nodes { accessTokens(${inner}) { ${tokens} } } } } }`
  const within = organizations('first: 5', 'first: 100')
  const over = organizations('first: 50', 'first: 100')

  it('lets a page of 100 tokens pass with every field', async () => {
    expect((await owner.send({ query: within })).body.errors).toBeUndefined()
  })

  it.each([
    ['by literals', over, {}],
    ['by variables', `query ($o: Int, $t: Int) ${organizations('first: $o', 'first: $t')}`, { o: 50, t: 100 }],
    ['by defaults of variables', `query ($o: Int = 50, $t: Int = 100) ${organizations('first: $o', 'first: $t')}`, {}],
    ['by aliases', `{ ${Array.from({ length: 10 }, (_, i) => `a${i}: ${within.slice(1, -1)}`).join(' ')} }`, {}],
    [
      'by a fragment that is spread again and again',
      `{ ${Array.from({ length: 10 }, (_, i) => `a${i}: viewer { ...V }`).join(' ')} }
       fragment V on Viewer { organizations(first: 5) { nodes { accessTokens(first: 100) { ${tokens} } } } }`,
      {},
    ],
    [
      'by inline fragments',
      over.replace('nodes { accessTokens', 'nodes { ... on Organization { accessTokens').replace(/\}$/, '} }'),
      {},
    ],
    ['by edges', over.replaceAll('nodes {', 'edges { node {').replace(/\}$/, '} } }'), {}],
  ])('is refused over the limit: %s', async (_how, query, variables) => {
    expect(expectRefused(await owner.send({ query, variables }))).toMatch(/costs \d+, and at most 10000 is allowed/)
  })

  it('is counted anew for the same document with other variables', async () => {
    const query = `query ($o: Int, $t: Int) ${organizations('first: $o', 'first: $t')}`
    expect((await owner.send({ query, variables: { o: 1, t: 1 } })).body.errors).toBeUndefined()
    expectRefused(await owner.send({ query, variables: { o: 50, t: 100 } }))
    expect((await owner.send({ query, variables: { o: 1, t: 1 } })).body.errors).toBeUndefined()
  })

  it('counts nothing that @include and @skip leave out', async () => {
    const query = over.replace('accessTokens(first: 100)', 'accessTokens(first: 100) @include(if: $all)')
    const asked = { query: `query ($all: Boolean!) ${query}` }
    expect((await owner.send({ ...asked, variables: { all: false } })).body.errors).toBeUndefined()
    expectRefused(await owner.send({ ...asked, variables: { all: true } }))
  })

  it('does not shrink with a `first` that is negative or null', async () => {
    for (const first of [-1_000_000, null]) {
      const variables = { o: first, t: 100 }
      const query = `query ($o: Int, $t: Int) { ${Array.from({ length: 20 }, (_, i) => `a${i}: ${organizations('first: $o', 'first: $t').slice(1, -1)}`).join(' ')} }`
      expectRefused(await owner.send({ query, variables }))
    }
  })

  it('lets one request try no more than 9 passwords', async () => {
    const attempts = (count: number) =>
      `mutation { ${Array.from({ length: count }, (_, i) => `a${i}: signIn(input: { username: "nobody", password: "guess ${i}" }) { userErrors { code } }`).join(' ')} }`
    expectRefused(await postern.client().send({ query: attempts(10) }))
    const { body } = await postern.client().send({ query: attempts(9) })
    expect(Object.values(body.data ?? {})).toEqual(Array(9).fill({ userErrors: [{ code: 'SIGN_IN_FAILED' }] }))
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Repository } from '../../src/domain/model/repository.ts'
import type { Client, WireResponse } from '../harness/client.ts'
import { createOrganization, createRepository, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())

const times = (count: number, text: (index: number) => string) => Array.from({ length: count }, (_, i) => text(i))
const outcomeOf = ({ status, body }: WireResponse) => ({
  status,
  codes: body.errors?.map(({ extensions }) => extensions.code) ?? [],
  message: body.errors?.[0]?.message ?? '',
})

describe('variables with many values', () => {
  const query = 'query($f: ActivityFilter) { organization(name: "acme") { activity(filter: $f) { totalCount } } }'
  const unknown = (count: number): object =>
    Object.fromEntries(times(count, (index) => `a${index}`).map((name) => [name, 0]))
  const tooMany = {
    status: 400,
    codes: ['BAD_USER_INPUT'],
    message: 'The variables have more than 2000 values. Split them into several requests.',
  }

  it.each<[string, object]>([
    ['unknown members', { f: unknown(20_000) }],
    ['items', { f: { actions: times(2_000, () => 'x') } }],
    ['items of items', { f: Array.from({ length: 50 }, () => times(50, () => 'x')) }],
    ['variables that nothing uses', unknown(2_001)],
  ])('variables with many values are rejected before anybody is authenticated: %s', async (_, variables) => {
    const headers = { authorization: 'Bearer nonsense' }
    expect(outcomeOf(await postern.client().send({ query, variables }, headers))).toEqual(tooMany)
  })

  it.each(['query', 'mutation'])('get at most ten errors and one that says so, in a %s', async (kind) => {
    const document = kind === 'query' ? query : 'mutation($f: SignInInput!) { signIn(input: $f) { sessionToken } }'
    const response = await owner.send({ query: document, variables: { f: unknown(1_990) } })
    expect(outcomeOf(response)).toMatchObject({ status: 400, codes: times(11, () => 'BAD_USER_INPUT') })
    expect(response.body.errors?.at(-1)?.message).toMatch(/^Too many errors/)
  })
})

describe('a fragment that no operation spreads', () => {
  it.each([
    ['alone', ''],
    ['beside an operation', '{ viewer { user { id } } } '],
    ['that only another unused one spreads', '{ viewer { user { id } } } fragment G on Query { ...F } '],
  ])('a fragment that no operation spreads is rejected before its fields are compared: %s', async (_, before) => {
    const fragment = `fragment F on Query { ${times(280, () => 'viewer{user{id}}').join(' ')} }`
    expect(outcomeOf(await postern.client().send({ query: before + fragment }))).toEqual({
      status: 400,
      codes: ['BAD_USER_INPUT'],
      message: expect.stringMatching(/^Fragment "[FG]" is never used\.$/),
    })
  })
})

describe('the second response to a document', () => {
  const tokens = `query($b: Boolean!) { organization(name: "acme") {
    accessTokens(first: 2) { nodes { label } } accessTokens(first: 2) @include(if: $b) { nodes { hint scopes { path } } }
  } }`

  it('the second response to a document has what another condition adds to a list', async () => {
    for (const b of [false, true, false, true])
      expect(outcomeOf(await owner.send({ query: tokens, variables: { b } }))).toEqual({
        status: 200,
        codes: [],
        message: '',
      })
  })

  it('the second response to a document has what another operation adds to a list', async () => {
    const query = `query A { organization(name: "acme") { ...F } }
      query B { organization(name: "acme") { ...F activity(first: 3) { nodes { actor { user { username } } } } } }
      fragment F on Organization { activity(first: 3) { nodes { action } } }`
    const [, b] = [await owner.send({ query, operationName: 'A' }), await owner.send({ query, operationName: 'B' })]
    expect(JSON.stringify(b.body)).toContain('"user":{"username":"admin"}')
  })

  it('the second response to a document does not depend on the conditions of another operation', async () => {
    const query = `query A($a: String!) { user(username: $a) { username } }
      query B($a: Boolean!) { viewer @include(if: $a) { user { username } } }`
    const { body } = await owner.send({ query, operationName: 'A', variables: { a: 'admin' } })
    expect(body).toEqual({ data: { user: { username: 'admin' } } })
  })
})

describe('long texts in a response', () => {
  it('long texts in a response are counted', async () => {
    const em = postern.em()
    for (const index of times(40, String)) await createRepository(owner, `acme/r${index}`)
    await em.nativeUpdate(Repository, {}, { description: '🚢'.repeat(1_000) })
    const query = (aliases: number) =>
      `{ organization(name: "acme") { repositories(first: 100) {
        nodes { ${times(aliases, (index) => `a${index}: description`).join(' ')} }
      } } }`
    expect(outcomeOf(await owner.send({ query: query(10) }))).toEqual({ status: 200, codes: [], message: '' })
    expect(outcomeOf(await owner.send({ query: query(90) }))).toEqual({
      status: 400,
      codes: ['BAD_USER_INPUT'],
      message: 'This response would be too large. Request fewer fields or smaller pages.',
    })
  })
})

import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { User } from '../../src/domain/model/user.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

const getQuery = (query: string, headers: Record<string, string> = {}) =>
  fetch(`${postern.url}/graphql?query=${encodeURIComponent(query)}`, { headers })

describe('GraphQL over HTTP', () => {
  it('passes every audit of graphql-http except GETs without a header, which CSRF prevention forbids', async () => {
    const audits = serverAudits({ url: `${postern.url}/graphql` })
    const results = await Promise.all(audits.map(({ fn }) => fn()))
    expect(audits.length).toBeGreaterThan(60)
    expect(results.filter(({ status }) => status !== 'ok').map(({ id }) => id)).toEqual(['5A70', 'D6D5', '6A70'])
  })

  it('responds to these GETs if they have a header that no form of another site can send', async () => {
    const bare = await getQuery('{ __typename }')
    expect({ status: bare.status, body: await bare.json() }).toEqual({
      status: 400,
      body: { errors: [{ message: expect.stringContaining('CSRF'), extensions: { code: 'BAD_USER_INPUT' } }] },
    })
    const withHeader = await getQuery('{ __typename }', { 'apollo-require-preflight': 'true' })
    expect({ status: withHeader.status, body: await withHeader.json() }).toMatchObject({
      status: 200,
      body: { data: { __typename: 'Query' } },
    })
  })

  it('returns 405 for mutations by GET, and does not run them', async () => {
    const mutation =
      'mutation { signUp(input: { username: "by-get", email: "a@example.com", password: "long enough" }) { sessionToken } }'
    const headers = { 'apollo-require-preflight': 'true' }
    const response = await getQuery(mutation, headers)
    expect({ status: response.status, allow: response.headers.get('allow'), body: await response.json() }).toEqual({
      status: 405,
      allow: 'POST',
      body: { errors: [{ message: expect.stringContaining('GET'), extensions: { code: 'BAD_USER_INPUT' } }] },
    })
    expect(await postern.em().count(User, { username: 'by-get' })).toBe(0)
    const posted = await postern.client().send({ query: mutation })
    expect(posted.body.errors).toBeUndefined()
    expect(await postern.em().count(User, { username: 'by-get' })).toBe(1)
  })

  it('responds in the media type that the client requests', async () => {
    const typeFor = async (accept: string) =>
      (await postern.client().send({ query: '{ __typename }' }, { accept })).headers.get('content-type')
    expect(await typeFor('application/graphql-response+json')).toBe('application/graphql-response+json; charset=utf-8')
    expect(await typeFor('application/json')).toBe('application/json; charset=utf-8')
    expect(await typeFor('*/*')).toBe('application/json; charset=utf-8')
  })

  it('returns 400 for an invalid document, and 200 to a client that only accepts application/json', async () => {
    const statusFor = async (accept: string, body: unknown) => (await postern.client().send(body, { accept })).status
    const faulty = { query: '{ viewer { nothing } }' }
    expect(await statusFor('application/graphql-response+json', faulty)).toBe(400)
    expect(await statusFor('application/graphql-response+json, application/json;q=0.9', faulty)).toBe(400)
    expect(await statusFor('*/*', faulty)).toBe(400)
    expect(await statusFor('application/json', faulty)).toBe(200)
    // A request that is not GraphQL at all remains an HTTP error.
    expect(await statusFor('application/json', '{ "query": ')).toBe(400)
    expect(await statusFor('application/json', {})).toBe(400)
  })

  it('returns 401 for an unknown Authorization header, and executes nothing', async () => {
    const query = '{ viewer { user { id } } organization(name: "acme") { id } }'
    for (const authorization of ['Bearer pstn_ses_unknown', 'Bearer', 'Basic YWRtaW46cGFzc3dvcmQ=', 'nonsense', '']) {
      const { status, body } = await postern.client().send({ query }, { authorization })
      expect({ authorization, status, codes: body.errors?.map(({ extensions }) => extensions.code) }).toEqual({
        authorization,
        status: 401,
        codes: ['UNAUTHENTICATED'],
      })
      expect(body.data).toBeUndefined()
    }
  })
})

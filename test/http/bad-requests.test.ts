import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WireResponse } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

const good = '{"query":"{ __typename }"}'

/** Expects errors that say what the client did wrong, and nothing about the server. */
function expectClear({ status, body }: WireResponse, wantedStatus: number): void {
  expect(status, JSON.stringify(body)).toBe(wantedStatus)
  expect(body.data ?? null).toBeNull()
  expect(body.errors?.length).toBeGreaterThan(0)
  for (const error of body.errors ?? []) {
    expect(error.message).toMatch(/\S/)
    expect(error.extensions).toEqual({ code: 'BAD_USER_INPUT' })
    expect(error).not.toHaveProperty('stack')
  }
}

describe('a request that is not GraphQL', () => {
  it.each([
    ['an empty body', '', 400],
    ['truncated JSON', '{"query": "{ __typename }"', 400],
    ['no JSON', 'query=nothing', 400],
    ['JSON with a trailing comma', '{"query": "{ __typename }",}', 400],
    ['a text', '"{ __typename }"', 400],
    ['a number', '42', 400],
    ['null', 'null', 400],
    ['an empty object', '{}', 400],
    ['an empty array', '[]', 400],
    ['a batch', `[${good}, ${good}]`, 400],
    ['a batch of one', `[${good}]`, 400],
    ['no query', '{"operationName": "Viewer"}', 400],
    ['a query that is null', '{"query": null}', 400],
    ['a query that is empty', '{"query": ""}', 400],
    ['a query that is a number', '{"query": 42}', 400],
    ['a query that is an object', '{"query": {"viewer": true}}', 400],
    ['variables that are a string', '{"query": "{ __typename }", "variables": "{}"}', 400],
    ['variables that are an array', '{"query": "{ __typename }", "variables": []}', 400],
    ['extensions that are a string', '{"query": "{ __typename }", "extensions": "{}"}', 400],
    ['an operationName that is a number', '{"query": "{ __typename }", "operationName": 42}', 400],
    ['a member __proto__', '{"query": "{ __typename }", "__proto__": {"admin": true}}', 400],
    ['variables with a member __proto__', '{"query": "{ __typename }", "variables": {"__proto__": {"a": 1}}}', 400],
    ['a prototype of its constructor', '{"query": "{ __typename }", "constructor": {"prototype": {"a": 1}}}', 400],
    [
      'a body of more than 256 KiB',
      `{"query": "{ __typename }", "extensions": {"pad": "${'x'.repeat(256 * 1024)}"}}`,
      413,
    ],
  ])('a request that is not GraphQL is invalid: %s', async (_what, body, status) => {
    expectClear(await postern.client().send(body), status)
  })

  it.each([
    ['text/plain', 400],
    ['', 415],
    ['nonsense', 415],
    ['application/graphql', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/xml', 415],
    ['application/octet-stream', 415],
  ])('a request that is not GraphQL is invalid: JSON called "%s"', async (contentType, status) => {
    expectClear(await postern.client().send(good, { 'content-type': contentType }), status)
  })

  it('a request that is not GraphQL is invalid: one whose client does not accept JSON', async () => {
    expectClear(await postern.client().send(good, { accept: 'text/html' }), 406)
  })

  it('a request that is not GraphQL is invalid: a persisted query, with the message for clients', async () => {
    const persistedQuery = { version: 1, sha256Hash: 'a'.repeat(64) }
    const response = await postern.client().send({ extensions: { persistedQuery } })
    // 200 is Apollo's protocol: the client sends the whole query next.
    expectClear(response, 200)
    expect(response.body.errors?.[0]?.message).toBe('PersistedQueryNotSupported')
  })

  it('a request that is not GraphQL is valid if only its JSON is unusual', async () => {
    const data = { __typename: 'Query' }
    for (const body of [
      `\u{feff}${good}`,
      ` \n${good}\n`,
      '{"query": "{ __typename }", "variables": null, "more": 1}',
    ]) {
      expect((await postern.client().send(body)).body).toEqual({ data })
    }
    const charset = await postern.client().send(good, { 'content-type': 'application/json; charset=utf-8' })
    expect(charset.body).toEqual({ data })
  })

  it('returns the maximum size of a body', async () => {
    const { body } = await postern.client().send(' '.repeat(257 * 1024))
    expect(body.errors?.[0]?.message).toBe('The body is too large; 256 KiB are allowed.')
  })
})

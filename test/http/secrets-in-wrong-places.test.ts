import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoggingPostern, startLoggingPostern } from './logging-postern.ts'

/** Looks like a token of this or of another installation, and is recognized even instead of a name. */
const tokenLike = 'acme1_oat_Ez5hp7FhrCd91TMOR5tmxobFi6QNDv17eN4L'
/** Looks like no secret, and stays private only because values are never returned or logged. */
const password = 'hunter2 and some more'

let postern: LoggingPostern
beforeAll(async () => {
  postern = await startLoggingPostern()
})
afterAll(() => postern.stop())

/** Sends a request, and returns the whole response: status, headers and body. */
async function send(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
  const response = await fetch(`${postern.url}${path}`, init)
  return { status: response.status, text: `${JSON.stringify([...response.headers])}\n${await response.text()}` }
}

const graphql = (body: unknown, headers: Record<string, string> = {}) =>
  send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${postern.session}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

async function expectKept(secret: string, response: { status: number; text: string }): Promise<void> {
  // A valid place would prove nothing, so the request must be invalid.
  expect(response.text + response.status).toMatch(/40\d$|errors/)
  expect(response.text).not.toContain(secret)
  expect(await postern.log()).not.toContain(secret)
}

const generate =
  'mutation ($input: GenerateOrganizationTokenInput!) { generateOrganizationToken(input: $input) { secret } }'
const good = { organization: 'acme', label: 'ci', scopes: [] }

describe.each([
  ['a token', tokenLike],
  ['a password', password],
])('%s instead of a value', (_what, secret) => {
  const quoted = JSON.stringify(secret)

  it.each<[string, unknown]>([
    ['a variable that is a number', { query: generate, variables: { input: { ...good, pullLimit: secret } } }],
    ['a variable that is a timestamp', { query: generate, variables: { input: { ...good, expiresAt: secret } } }],
    ['a variable that is an input', { query: generate, variables: { input: secret } }],
    ['a list in a variable that is an input', { query: generate, variables: { input: [[secret]] } }],
    ['a variable that is a scope', { query: generate, variables: { input: { ...good, scopes: [secret] } } }],
    ['a list in a variable that is a string', { query: generate, variables: { input: { ...good, label: [secret] } } }],
    [
      'an object in a variable that is a string',
      { query: generate, variables: { input: { ...good, label: { secret } } } },
    ],
    [
      'a variable that is an enum',
      {
        query: 'mutation ($p: Plan!) { changeOrganizationPlan(organization: "a", plan: $p) { organization { id } } }',
        variables: { p: secret },
      },
    ],
    [
      'a list of enums',
      {
        query: 'query ($f: AccessTokenFilter) { organization(name: "a") { accessTokens(filter: $f) { totalCount } } }',
        variables: { f: { status: ['ACTIVE', secret] } },
      },
    ],
    ['variables as a whole', { query: '{ __typename }', variables: secret }],
    ['variables that are a list', { query: '{ __typename }', variables: [secret] }],
    ['extensions', { query: '{ __typename }', extensions: secret }],
    ['the query', { query: secret }],
    ['the body', quoted],
    ['the operation name', { query: 'query A { __typename }', operationName: secret }],
    ['the hash of a persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: secret } } }],
    ['a literal that is a number', { query: `{ viewer { organizations(first: ${quoted}) { totalCount } } }` }],
    [
      'a block literal that is a number',
      { query: `{ viewer { organizations(first: """${secret}""") { totalCount } } }` },
    ],
    [
      'a literal that is an enum',
      { query: `mutation { changeOrganizationPlan(organization: "a", plan: ${quoted}) { organization { id } } }` },
    ],
    ['a list that is a literal string', { query: `{ organization(name: [${quoted}]) { id } }` }],
    [
      'a default of a variable',
      { query: `query ($n: Int = ${quoted}) { viewer { organizations(first: $n) { totalCount } } }` },
    ],
    ['an argument of a directive', { query: `{ viewer @include(if: ${quoted}) { user { id } } }` }],
    ['a cursor', { query: `{ viewer { organizations(after: ${quoted}) { totalCount } } }` }],
    ['a string instead of a name', { query: `{ viewer { ${quoted} } }` }],
    ['a string after the end', { query: `{ __typename } ${quoted}` }],
    ['an unterminated string', { query: `{ organization(name: ${quoted.slice(0, -1)}` }],
    ['a block string instead of a name', { query: `{ """${secret}""" }` }],
    ['a string with an invalid escape', { query: `{ organization(name: "${secret}\\x") { id } }` }],
    ['a field of a broken body', `{"query": "{ __typename }", "variables": {"password": ${quoted}`],
    ['no JSON at all', `query=${secret}`],
    [
      'a body that is too large',
      JSON.stringify({ query: '{ __typename }', extensions: { secret, pad: ' '.repeat(300_000) } }),
    ],
  ])('is neither returned nor logged: %s', async (_place, body) => {
    await expectKept(secret, await graphql(body))
  })

  it.each<[string, string, RequestInit]>([
    [
      'an Authorization of another scheme',
      '/graphql',
      {
        method: 'POST',
        headers: { authorization: `Token ${secret}`, 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
      },
    ],
    [
      'an Authorization without a scheme',
      '/graphql',
      {
        method: 'POST',
        headers: { authorization: secret, 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
      },
    ],
    [
      'a bearer',
      '/graphql',
      {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
      },
    ],
    [
      'the media types that are accepted',
      '/graphql',
      {
        method: 'POST',
        headers: { accept: secret, 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
      },
    ],
    [
      'a content type',
      '/graphql',
      { method: 'POST', headers: { 'content-type': secret }, body: '{"query":"{ __typename }"}' },
    ],
    [
      'a cookie, a referrer and a request id',
      '/nothing',
      { headers: { cookie: secret, referer: secret, 'x-request-id': secret, 'user-agent': secret } },
    ],
    [
      'a query string',
      `/graphql?query=${encodeURIComponent(`{ organization(name: ${quoted}`)}`,
      { headers: { 'apollo-require-preflight': '1' } },
    ],
    [
      'variables in a query string',
      `/graphql?query={__typename}&variables=${encodeURIComponent(secret)}`,
      { headers: { 'apollo-require-preflight': '1' } },
    ],
    ['a query string without CSRF header', `/graphql?query=${encodeURIComponent(secret)}`, {}],
    [
      'a password of the registry',
      '/token',
      { headers: { authorization: `Basic ${Buffer.from(`acme:${secret}`).toString('base64')}` } },
    ],
    [
      'a username of the registry',
      '/token',
      { headers: { authorization: `Basic ${Buffer.from(`${secret}:acme`).toString('base64')}` } },
    ],
    ['Basic credentials that are not base64', '/token', { headers: { authorization: `Basic ${secret}` } }],
    ['a bearer of the registry', '/token', { headers: { authorization: `Bearer ${secret}` } }],
    ['a service', `/token?service=${encodeURIComponent(secret)}`, {}],
    ['a scope', `/token?scope=${encodeURIComponent(secret)}`, {}],
    [
      'a form',
      '/token',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'password',
          username: 'acme',
          password: secret,
          service: 'registry',
        }).toString(),
      },
    ],
    [
      'a grant type',
      '/token',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: secret, refresh_token: secret }).toString(),
      },
    ],
    [
      'JSON instead of a form',
      '/token',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"password":${quoted}}` },
    ],
    ['a path that cannot be decoded', `/%zz${encodeURIComponent(secret)}`, {}],
  ])('is neither returned nor logged: %s', async (_place, path, init) => {
    await expectKept(secret, await send(path, init))
  })
})

describe('a token instead of a name', () => {
  it.each<[string, unknown]>([
    ['a field', { query: `{ ${tokenLike} }` }],
    ['a field of a type', { query: `{ viewer { user { ${tokenLike} } } }` }],
    ['an argument', { query: `{ organization(${tokenLike}: 1) { id } }` }],
    [
      'an enum in a document',
      { query: `mutation { changeOrganizationPlan(organization: "a", plan: ${tokenLike}) { organization { id } } }` },
    ],
    ['an enum instead of a string', { query: `{ organization(name: ${tokenLike}) { id } }` }],
    ['a variable that is not declared', { query: `{ organization(name: $${tokenLike}) { id } }` }],
    ['a variable that is not used', { query: `query ($${tokenLike}: Int) { __typename }` }],
    [
      'a variable without a value',
      { query: `query ($${tokenLike}: String!) { organization(name: $${tokenLike}) { id } }` },
    ],
    ['a type of a variable', { query: `query ($a: ${tokenLike}) { organization(name: $a) { id } }` }],
    ['a fragment that is missing', { query: `{ ...${tokenLike} }` }],
    ['a fragment that is not used', { query: `{ __typename } fragment ${tokenLike} on Query { __typename }` }],
    ['a type of a fragment', { query: `{ ... on ${tokenLike} { id } }` }],
    ['a directive', { query: `{ __typename @${tokenLike} }` }],
    [
      'an alias of two fields',
      { query: `{ ${tokenLike}: viewer { user { id } } ${tokenLike}: availablePermissions { title } }` },
    ],
    ['two operations', { query: `query ${tokenLike} { __typename } query ${tokenLike} { __typename }` }],
    ['a field of an input', { query: generate, variables: { input: { ...good, [tokenLike]: 1 } } }],
    ['a field of a literal input', { query: `mutation { signIn(input: { ${tokenLike}: "a" }) { sessionToken } }` }],
    ['a keyword', { query: `${tokenLike} { __typename }` }],
  ])('a token instead of a name is neither returned nor logged: %s', async (_place, body) => {
    await expectKept(tokenLike, await graphql(body))
  })

  it('a token instead of a name is neither returned nor logged: a path', async () => {
    await expectKept(tokenLike, await send(`/v2/${tokenLike}/manifests`, {}))
  })
})

import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

const get = (path: string, init: RequestInit = {}) => fetch(`${postern.url}${path}`, init)
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Every kind of response: success, errors, unknown routes, and each route. */
const requests: ReadonlyArray<readonly [string, string, RequestInit]> = [
  [
    'a query',
    '/graphql',
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' },
  ],
  ['a broken body', '/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }],
  [
    'an unknown token',
    '/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
      body: '{"query":"{ __typename }"}',
    },
  ],
  ['GraphiQL', '/graphql', { headers: { accept: 'text/html' } }],
  ['an anonymous registry token', '/token', {}],
  ['bad credentials', '/token', { headers: { authorization: 'Basic eDp5' } }],
  ['the key set', '/.well-known/jwks.json', {}],
  ['the certificates', '/registry/root.crt', {}],
  ['liveness', '/livez', {}],
  ['readiness', '/readyz', {}],
  ['measures', '/metrics', {}],
  ['nothing', '/nothing/here', {}],
]

describe('every response', () => {
  it.each(requests)('every response has a request id and a declared type: %s', async (_what, path, init) => {
    const { headers } = await get(path, init)
    expect(headers.get('x-request-id')).toMatch(uuid)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-type')).toMatch(/; charset=utf-8|^application\/(x-pem-file|jwk-set\+json)/)
    expect(headers.get('server')).toBeNull()
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('set-cookie')).toBeNull()
  })

  it('every response has a new request id, which no client chooses', async () => {
    const chosen = '11111111-1111-4111-8111-111111111111'
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () =>
        (await get('/livez', { headers: { 'x-request-id': chosen } })).headers.get('x-request-id'),
      ),
    )
    expect(new Set(ids).size).toBe(5)
    expect(ids).not.toContain(chosen)
  })

  it('every response has the request id of its activity event', async () => {
    const { headers } = await postern.client().send({
      query: 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }',
      variables: { input: { username: 'admin', password: 'correct horse battery staple' } },
    })
    const events = await postern.em().find(ActivityEvent, { action: 'user.sign_in' })
    expect(events.map(({ requestId }) => requestId)).toContain(headers.get('x-request-id'))
  })
})

describe('responses that can contain a secret', () => {
  it('responses that can contain a secret are not cached', async () => {
    const administrator = await postern.signInAsAdministrator()
    await createOrganization(administrator, 'acme')
    const { secret } = await generateToken(administrator)
    const basic = `Basic ${Buffer.from(`acme:${secret}`).toString('base64')}`
    const cacheControlOf = (response: { headers: Headers }) => response.headers.get('cache-control')
    expect(cacheControlOf(await administrator.send({ query: '{ viewer { user { email } } }' }))).toBe('no-store')
    expect(cacheControlOf(await administrator.send({ query: '{ nothing }' }))).toBe('no-store')
    expect(cacheControlOf(await get('/token', { headers: { authorization: basic } }))).toBe('no-store')
    expect(cacheControlOf(await get('/token', { headers: { authorization: 'Basic eDp5' } }))).toBe('no-store')
  })
})

describe('a page of another origin', () => {
  const origin = 'https://frontend.example.com'

  it('a page of another origin may send what a frontend sends, and read the response', async () => {
    const preflight = await get('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-apollo-operation-name',
      },
    })
    expect(preflight.status).toBe(204)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization,content-type,x-apollo-operation-name',
      'access-control-max-age': '600',
    })
    const response = await postern.client().send({ query: '{ __typename }' }, { origin })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const failed = await postern.client().send('{', { origin })
    expect(failed.status).toBe(400)
    expect(failed.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('a page of another origin may not send credentials of the browser', async () => {
    const preflight = await get('/graphql', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
    expect(
      (await postern.client().send({ query: '{ __typename }' }, { origin })).headers.get(
        'access-control-allow-credentials',
      ),
    ).toBeNull()
  })

  it("a page of another origin may request registry tokens without the browser's credentials", async () => {
    const preflight = await get('/token', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization')
    const authorization = `Basic ${btoa('nobody:a wrong password')}`
    const form = new URLSearchParams({ grant_type: 'password', username: 'nobody', password: 'wrong' })
    for (const [response, status] of [
      [preflight, 204],
      [await get('/token', { headers: { origin } }), 200],
      [await get('/token?scope=nonsense', { headers: { origin } }), 400],
      [await get('/token', { headers: { origin, authorization } }), 401],
      [await get('/token', { method: 'POST', headers: { origin }, body: form }), 401],
      [await get('/token', { method: 'POST', headers: { origin }, body: '{' }), 400],
    ] as const) {
      expect(response.status).toBe(status)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
      if (response !== preflight) expect(response.headers.get('access-control-expose-headers')).toContain('retry-after')
    }
  })

  it('a page of another origin may read nothing except the API and tokens', async () => {
    for (const path of ['/metrics', '/readyz', '/.well-known/jwks.json', '/nothing'])
      expect((await get(path, { headers: { origin } })).headers.get('access-control-allow-origin'), path).toBeNull()
  })
})

describe('an unknown route', () => {
  it.each([
    ['GET', '/nothing'],
    ['GET', '/graphql/'],
    ['GET', '/graphiql/assets/nothing.js'],
    ['GET', '/..%2f..%2fpackage.json'],
    ['GET', '/%00'],
    ['PUT', '/graphql'],
    ['DELETE', '/token'],
    ['POST', '/livez'],
    ['POST', '/metrics'],
  ])('an unknown route is 404 with a message: %s %s', async (method, path) => {
    const response = await get(path, { method })
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 404,
      body: { error: `There is nothing at ${method} ${path}.` },
    })
  })

  it('an unknown route is named without the query string and without secrets', async () => {
    const secret = 'pstn_oat_Ez5hp7FhrCd91TMOR5tmxobFi6QNDv17eN4L'
    const body = await (await get(`/v2/${secret}/tags?token=${secret}`)).text()
    expect(JSON.parse(body)).toEqual({ error: 'There is nothing at GET /v2/[secret]/tags.' })
  })

  it('an unknown route is 400 if the path cannot be decoded', async () => {
    const response = await get('/%zz')
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 400,
      body: { error: expect.any(String) },
    })
  })
})

describe('HEAD', () => {
  it('responds like GET, without the body', async () => {
    for (const path of ['/livez', '/readyz', '/metrics', '/registry/root.crt', '/.well-known/jwks.json']) {
      const response = await get(path, { method: 'HEAD' })
      expect({ path, status: response.status, body: await response.text() }).toEqual({ path, status: 200, body: '' })
    }
  })
})

describe('a request that is not HTTP', () => {
  it('closes its connection with 400, and affects nobody else', async () => {
    const { port } = new URL(postern.url)
    const status = await new Promise((resolve, reject) => {
      httpRequest(
        { port, path: '/livez', method: 'GET', headers: { host: 'x', 'content-length': 'many' } },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end()
    })
    expect(status).toBe(400)
    expect((await get('/livez')).status).toBe(200)
  })
})

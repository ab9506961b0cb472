import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AccessTokenDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import {
  acme,
  askForToken,
  basic,
  grantsIn,
  postForToken,
  readResponse,
  type TokenResponse,
  tokenIn,
} from '../harness/token-endpoint.ts'

let postern: Postern
let owner: Client
let secret: string

const app = 'repository:acme/app:pull'
const lib = 'repository:acme/lib:pull,push'
const both = { 'acme/app': ['pull'], 'acme/lib': ['pull', 'push'] }

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/app')
  await createRepository(owner, 'acme/lib')
  secret = (await generateToken(owner)).secret
})
afterAll(() => postern.stop())

const password = () => ({ grant_type: 'password', username: 'acme', password: secret })

function expectRejection(answer: TokenResponse, status: number, code: string, sentence: RegExp) {
  expect(answer).toMatchObject({ status, body: { errors: [{ code, message: expect.stringMatching(sentence) }] } })
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.text).not.toContain('token":')
  expect(answer.text).not.toContain(secret)
}

describe('GET /token', () => {
  it('grants a login, which requests no scope, a token without access', async () => {
    const parameters = { account: 'acme', client_id: 'docker', offline_token: 'true' }
    const answer = await askForToken(postern.url, { login: acme(secret), parameters })
    expect(grantsIn(answer)).toEqual({})
  })

  it('returns the token twice, its remaining seconds and time of issue, and no refresh token', async () => {
    const before = Date.now()
    const answer = await askForToken(postern.url, { login: acme(secret), parameters: { offline_token: 'true' } })
    const token = tokenIn(answer)
    const issued = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    expect(answer.body).toEqual({ token, access_token: token, expires_in: expect.any(Number), issued_at: issued })
    const issuedAt = Date.parse(String(Reflect.get(answer.body, 'issued_at')))
    expect(issuedAt).toBeGreaterThanOrEqual(before)
    expect(issuedAt).toBeLessThanOrEqual(Date.now())
    const seconds = Number(Reflect.get(answer.body, 'expires_in'))
    expect(seconds).toBe(60)
    expect(decodeJwt(token).exp).toBeGreaterThanOrEqual(issuedAt / 1000 + seconds)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it.each([
    ['repeated', [app, lib]],
    ['separated by a space', [`${app} ${lib}`]],
    ['separated by many spaces', [`  ${app}   ${lib} `]],
    ['repeated and separated', [`${app} ${lib}`, app]],
    ['twice, with other actions each time', ['repository:acme/lib:push', app, 'repository:acme/lib:pull', app]],
    ['with an action twice', [app, 'repository:acme/lib:push,pull,push']],
    ['with a class of the type', ['repository(plugin):acme/app:pull', lib]],
  ])('accepts scopes %s, and returns each repository once', async (_, scopes) => {
    const answer = await askForToken(postern.url, { login: acme(secret), scopes })
    expect(grantsIn(answer)).toEqual(both)
  })

  it('accepts scopes with every reserved character escaped, and with a plus for the space', async () => {
    const query = 'service=registry&scope=repository%3Aacme%2Fapp%3Apull+repository%3Aacme%2Flib%3Apull%2Cpush'
    const headers = { authorization: basic(`acme:${secret}`) }
    expect(grantsIn(await readResponse(await fetch(`${postern.url}/token?${query}`, { headers })))).toEqual(both)
  })

  it('uses only the credentials, whatever account the query names', async () => {
    const answer = await askForToken(postern.url, { scopes: [app], parameters: { account: 'acme' } })
    expect(grantsIn(answer)).toEqual({})
    const named = await askForToken(postern.url, { login: acme(secret), scopes: [app], parameters: { account: 'eve' } })
    expect(grantsIn(named)).toEqual({ 'acme/app': ['pull'] })
  })

  it('needs no service, and rejects another than its own', async () => {
    const headers = { authorization: basic(`acme:${secret}`) }
    expect((await fetch(`${postern.url}/token`, { headers })).status).toBe(200)
    for (const service of ['other', 'Registry', 'registry ', '']) {
      const answer = await askForToken(postern.url, { login: acme(secret), parameters: { service } })
      expectRejection(answer, 400, 'UNSUPPORTED', /service "registry"/)
    }
  })

  it.each([
    ['no colon', 'repository'],
    ['one colon', 'repository:acme/app'],
    ['no type', ':acme/app:pull'],
    ['a type in capitals', 'REPOSITORY:acme/app:pull'],
    ['a class that is not closed', 'repository(plugin:acme/app:pull'],
    ['a length of 513', `repository:acme/${'a'.repeat(492)}:pull`],
    ['a type with a comma', 'repository,:acme/app:pull'],
  ])('returns an error for a scope with %s, with the correct form', async (_, scope) => {
    const answer = await askForToken(postern.url, { login: acme(secret), scopes: [lib, scope] })
    expectRejection(answer, 400, 'UNSUPPORTED', /scope/i)
  })

  it('grants nothing on unknown resources, and continues', async () => {
    const scopes = ['registry:catalog:*', 'plugin:acme/app:pull', 'repository:acme/app:fly', 'repository::pull', lib]
    const answer = await askForToken(postern.url, { login: acme(secret), scopes })
    expect(grantsIn(answer)).toEqual({ 'acme/lib': ['pull', 'push'] })
  })
})

describe('HTTP Basic', () => {
  const withHeader = (authorization: string) => askForToken(postern.url, { scopes: [app], headers: { authorization } })

  it('HTTP Basic is accepted in any spelling of the scheme, in the URL alphabet, and without padding', async () => {
    const encoded = basic(`acme:${secret}`).slice('Basic '.length)
    const spellings = [
      `basic ${encoded}`,
      `BASIC ${encoded}`,
      `Basic   ${encoded}  `,
      `Basic ${encoded.replace(/=+$/, '')}`,
    ]
    for (const spelling of spellings) expect(grantsIn(await withHeader(spelling))).toEqual({ 'acme/app': ['pull'] })
  })

  it.each([
    ['nothing after the scheme', 'Basic'],
    ['a space after the scheme', 'Basic '],
    ['characters that are not base64', 'Basic !!!'],
    ['padding alone', 'Basic ===='],
    ['no colon', basic('acme')],
    ['a colon alone', basic(':')],
    ['a name without a password', basic('acme:')],
    ['bytes that are not UTF-8', `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')}`],
    ['a name in another script', basic('アクメ:пароль 🐳')],
    ['NUL in the name', basic('acme\0:x')],
    ['a thousand colons', basic(':'.repeat(1000))],
    ['another scheme', 'Digest username="acme"'],
    ['two credentials', `${basic('acme:x')}, ${basic('acme:y')}`],
  ])('Basic with %s is 401, and never a server error', async (_, authorization) => {
    const answer = await withHeader(authorization)
    expectRejection(answer, 401, 'UNAUTHORIZED', /username or the access token is wrong/)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
  })

  it('the correct token as a bearer is 401', async () => {
    expectRejection(await withHeader(`Bearer ${secret}`), 401, 'UNAUTHORIZED', /access token is wrong/)
  })

  it('HTTP Basic is rejected with any other name', async () => {
    for (const username of ['acme ', ' acme', 'acme\0', 'acm', 'acmé', '']) {
      const answer = await askForToken(postern.url, { login: { username, password: secret } })
      expectRejection(answer, 401, 'UNAUTHORIZED', /username/)
    }
  })
})

describe('POST /token', () => {
  it('accepts credentials and scopes, separated by spaces, from a form', async () => {
    expect(grantsIn(await postForToken(postern.url, { ...password(), scope: `${app} ${lib} ${app}` }))).toEqual(both)
  })

  it('accepts a form in chunks, of unknown length', async () => {
    const sent = request(`${postern.url}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' },
    })
    const form = new URLSearchParams({ ...password(), service: 'registry', scope: app }).toString()
    for (const part of form.match(/.{1,20}/g) ?? []) sent.write(part)
    const received = once(sent.end(), 'response')
    const [response] = await received
    const { token } = JSON.parse(await text(response))
    expect(decodeJwt(token)).toMatchObject({ access: [{ type: 'repository', name: 'acme/app', actions: ['pull'] }] })
  })

  it("accepts a content type with a charset, and Basic instead of the form's credentials", async () => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      authorization: basic(`acme:${secret}`),
    }
    const answer = await postForToken(postern.url, { grant_type: 'password', scope: app }, headers)
    expect(grantsIn(answer)).toEqual({ 'acme/app': ['pull'] })
  })

  it('rejects wrong credentials in the form, also with correct ones in the header', async () => {
    const headers = { authorization: basic(`acme:${secret}`) }
    const answer = await postForToken(postern.url, { ...password(), password: 'wrong' }, headers)
    expectRejection(answer, 401, 'UNAUTHORIZED', /access token is wrong/)
  })

  it('ignores the query', async () => {
    const query = new URLSearchParams({ ...password(), scope: app })
    const response = await fetch(`${postern.url}/token?${query}`, { method: 'POST', body: new URLSearchParams() })
    expectRejection(await readResponse(response), 400, 'UNSUPPORTED', /grant_type=password/)
  })

  it.each([
    ['a refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, /No refresh tokens are given/],
    ['another grant', { grant_type: 'client_credentials' }, /grant_type=password/],
    ['no grant', {}, /grant_type=password/],
    ['neither username nor password', { grant_type: 'password' }, /username and password/],
    ['no password', { grant_type: 'password', username: 'acme' }, /username and password/],
  ])('returns an error for %s', async (_, form, sentence) => {
    expectRejection(await postForToken(postern.url, form), 400, 'UNSUPPORTED', sentence)
  })

  it('returns an error for another service and malformed scopes', async () => {
    const service = await postForToken(postern.url, { ...password(), service: 'other' })
    expectRejection(service, 400, 'UNSUPPORTED', /service "registry"/)
    const scope = await postForToken(postern.url, { ...password(), scope: 'pull' })
    expectRejection(scope, 400, 'UNSUPPORTED', /type:name:actions/)
  })

  it.each([
    ['JSON', 'application/json', 400, () => JSON.stringify(password())],
    ['broken JSON', 'application/json', 400, () => '{'],
    ['text', 'text/plain', 400, () => new URLSearchParams(password()).toString()],
    ['XML', 'application/xml', 415, () => '<grant_type>password</grant_type>'],
    ['no content type', '', 415, () => new URLSearchParams(password()).toString()],
    ['a multipart form', 'multipart/form-data; boundary=x', 415, () => '--x--'],
    ['a form of 64 KiB', 'application/x-www-form-urlencoded', 413, () => `scope=${'a'.repeat(64 * 1024)}`],
  ])("returns an error for %s in the registry's format", async (_, contentType, status, makeBody) => {
    const body = Buffer.from(makeBody())
    const headers = contentType === '' ? {} : { 'content-type': contentType }
    const response = await fetch(`${postern.url}/token`, { method: 'POST', body, headers })
    expectRejection(await readResponse(response), status, 'UNSUPPORTED', /form/)
  })

  it('returns an error for a missing body', async () => {
    expectRejection(
      await readResponse(await fetch(`${postern.url}/token`, { method: 'POST' })),
      400,
      'UNSUPPORTED',
      /form/,
    )
  })
})

describe('every other method', () => {
  let id: string
  let unused: string
  beforeEach(async () => {
    const generated = await generateToken(owner, { label: 'other method' })
    id = generated.id
    unused = generated.secret
  })

  it.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is 405, and uses nothing', async (method) => {
    const headers = { authorization: basic(`acme:${unused}`) }
    const response = await fetch(`${postern.url}/token?service=registry&scope=${app}`, { method, headers })
    expect([400, 404, 405]).toContain(response.status)
    expect(await response.text()).not.toContain('token":')
    const { accessToken } = await owner.execute(AccessTokenDocument, { id })
    expect(accessToken).toMatchObject({ lastUsedAt: null, usageLimit: { used: 0 } })
  })
})

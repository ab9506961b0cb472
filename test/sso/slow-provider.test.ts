import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { ConfigureSsoDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { complete, configure, start } from './arrange.ts'

let postern: Postern
let provider: OpenidProvider
let owner: Client
let servers: Server[] = []

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  for (const name of ['acme', 'globex', 'initech']) await createOrganization(owner, name)
})
afterEach(() => {
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
  servers = []
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

async function serve(respond: RequestListener): Promise<string> {
  const server = createServer(respond)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that never responds, and the number of its requests. */
async function serveSilence() {
  const silence = { issuer: '', asked: 0 }
  silence.issuer = await serve(() => {
    silence.asked++
  })
  return silence
}

/** The code of the error of a request, or that of its input. */
async function outcomeOf(request: Promise<{ readonly userErrors: ReadonlyArray<{ readonly code: string }> }>) {
  try {
    return (await request).userErrors[0]?.code ?? 'OK'
  } catch (error) {
    return String(error).match(/: ([A-Z_]+):/)?.[1]
  }
}

/** Tries to configure a provider. */
async function codeOf(organization: string, issuer: string): Promise<string | undefined> {
  const variables = { organization, input: { ...provider.client, issuer } }
  return outcomeOf(owner.execute(ConfigureSsoDocument, variables).then((data) => data.configureSso))
}

it('requests that wait for providers keep no others of their network waiting', async () => {
  const silence = await serveSilence()
  const waiting = ['acme', 'globex'].flatMap((name) => Array.from({ length: 8 }, () => codeOf(name, silence.issuer)))
  await vi.waitFor(() => expect(silence.asked).toBe(16), patience)
  const startedAt = performance.now()
  await owner.execute(ViewerDocument, {})
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['INVALID']))
})

it('one organization has at most 32 sign-ins at once that wait for its provider', async () => {
  const issuer = await serve((request, response) => {
    const own = `http://${request.headers.host}`
    const endpoints = { authorization_endpoint: `${own}/auth`, token_endpoint: `${own}/token`, jwks_uri: `${own}/jwks` }
    if (request.url?.startsWith('/.well-known/'))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ issuer: own, ...endpoints }))
  })
  expect(await codeOf('initech', issuer)).toBe('OK')
  const begun = []
  for (let round = 0; round < 33; round++) begun.push(await start(postern, provider, 'initech'))
  const codes: Array<string | undefined> = []
  const completing = begun.map(async ({ authorizationUrl, signInToken }) => {
    const state = new URL(authorizationUrl).searchParams.get('state') ?? ''
    const callbackUrl = `${provider.redirectUri}?code=x&state=${state}`
    codes.push(await outcomeOf(complete(postern, { signInToken, callbackUrl })))
  })
  await vi.waitFor(() => expect(codes).toEqual(['TOO_MANY_REQUESTS']), patience)
  await Promise.all(completing)
  expect(codes.slice(1)).toEqual(Array(32).fill('SIGN_IN_FAILED'))
})

it('providers that fail are limited per organization, and configured ones do not count', async () => {
  await postern.em().execute('truncate failure_count')
  const nobody = 'http://127.0.0.1:9'
  await configure(owner, provider)
  const codes: Array<string | undefined> = []
  for (let round = 0; round < 21; round++) codes.push(await codeOf('acme', nobody))
  expect(codes).toEqual([...Array(20).fill('INVALID'), 'TOO_MANY_REQUESTS'])
  expect(await codeOf('acme', provider.client.issuer)).toBe('TOO_MANY_REQUESTS')
  expect(await codeOf('globex', provider.client.issuer)).toBe('OK')
})

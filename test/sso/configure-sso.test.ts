import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  ConfigureSsoDocument,
  type ConfigureSsoInput,
  RemoveSsoDocument,
  SsoProviderDocument,
  StartSsoSignInDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { SsoAttempt, SsoProvider } from '../../src/domain/model/sso-tables.ts'
import { decrypt, deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { arrangeCallers, type Callers } from '../harness/callers.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { faultsOf } from '../token/arrange.ts'
import { contentsOf, tablesWith } from '../token/contents.ts'
import { complete, newPerson, signInThrough, start } from './arrange.ts'

let postern: Postern
let callers: Callers
let provider: OpenidProvider
const servers: Server[] = []

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  callers = await arrangeCallers(postern)
})
// Providers that fail are limited.
beforeEach(() => postern.em().execute('truncate failure_count'))
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

const owner = () => callers.all.owner.client

async function configure(input: Partial<ConfigureSsoInput> = {}, client = owner()) {
  const variables = { organization: 'acme', input: { ...provider.client, ...input } }
  return (await client.execute(ConfigureSsoDocument, variables)).configureSso
}

/** A URL on this machine of a server that is not a provider. */
async function serve(respond: (issuer: string) => RequestListener): Promise<string> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.on('request', respond(issuer))
  return issuer
}

const json =
  (body: unknown, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

describe('configureSso', () => {
  it('stores the provider for the owners of the organization and of its company, and encrypts the secret', async () => {
    for (const { client, login } of [callers.all.owner, callers.all.companyOwner]) {
      const { ssoProvider, userErrors } = await configure({}, client)
      expect(userErrors).toEqual([])
      const { issuer, clientId, redirectUris } = provider.client
      expect(ssoProvider).toEqual({ issuer, clientId, redirectUris, createdAt: expect.any(String) })
      const { organization } = await client.execute(SsoProviderDocument, { organization: 'acme' })
      expect(organization?.ssoProvider).toEqual(ssoProvider)
      expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
        action: 'organization.sso_configure',
        actorName: login?.username,
        target: 'acme',
        data: { issuer, clientId },
      })
    }
    const { clientSecret } = provider.client
    expect(tablesWith(await contentsOf(postern.em()), clientSecret)).toEqual([])
    const kept = await postern
      .em()
      .findOneOrFail(SsoProvider, { issuer: provider.client.issuer }, { populate: ['encryptedClientSecret'] })
    const { encryptionKey } = deriveKeys(postern.config.secretKey)
    expect(decrypt(Buffer.from(kept.encryptedClientSecret), encryptionKey).toString()).toBe(clientSecret)
  })

  it('replaces the old provider, and ends sign-ins that were started there', async () => {
    await configure()
    await start(postern, provider)
    const redirectUris = ['https://other.example.com/callback', 'http://127.0.0.1:8080/', 'http://localhost:3000/a/b']
    expect((await configure({ redirectUris: [...redirectUris, ...redirectUris] })).ssoProvider?.redirectUris).toEqual(
      redirectUris,
    )
    expect(await postern.em().count(SsoProvider, {})).toBe(1)
    expect(await postern.em().count(SsoAttempt, {})).toBe(0)
    const input = { organization: 'acme', redirectUri: provider.redirectUri }
    const { startSsoSignIn } = await postern.client().execute(StartSsoSignInDocument, { input })
    expect(faultsOf(startSsoSignIn)).toEqual(['INVALID input.redirectUri'])
  })

  it.each<[string, Partial<ConfigureSsoInput>]>([
    ['issuer', { issuer: '' }],
    ['issuer', { issuer: 'login.example.com' }],
    ['issuer', { issuer: 'http://login.example.com' }],
    ['issuer', { issuer: 'http://127.0.0.1.example.com' }],
    ['issuer', { issuer: 'http://10.0.0.1' }],
    ['issuer', { issuer: 'http://169.254.169.254' }],
    ['issuer', { issuer: 'file:///etc/passwd' }],
    ['issuer', { issuer: 'https://user:password@login.example.com' }],
    ['issuer', { issuer: 'https://login.example.com?tenant=a' }],
    ['issuer', { issuer: 'https://login.example.com#a' }],
    ['issuer', { issuer: 'https://login.example.com/.well-known/openid-configuration' }],
    ['issuer', { issuer: `https://login.example.com/${'a'.repeat(500)}` }],
    ['clientId', { clientId: '' }],
    ['clientSecret', { clientSecret: ' ' }],
    ['redirectUris', { redirectUris: [] }],
    ['redirectUris', { redirectUris: Array(21).fill('https://a.example.com/') }],
    ['redirectUris.1', { redirectUris: ['https://a.example.com/', 'https://a.example.com'] }],
    ['redirectUris.0', { redirectUris: ['http://a.example.com/callback'] }],
    ['redirectUris.0', { redirectUris: ['https://a.example.com/callback?a=b'] }],
    ['redirectUris.0', { redirectUris: ['https://a.example.com/callback#a'] }],
    ['redirectUris.0', { redirectUris: ['javascript:alert(1)'] }],
    ['redirectUris.0', { redirectUris: ['/callback'] }],
  ])('configureSso is INVALID for a malformed %s, without a request to the provider (%#)', async (place, input) => {
    const asked = provider.requests.length
    const before = await databaseDigest(postern)
    const payload = await configure(input)
    expect(payload.ssoProvider).toBeNull()
    expect(faultsOf(payload)).toEqual([`INVALID input.${place}`])
    expect(provider.requests.length).toBe(asked)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('reports all errors together', async () => {
    const payload = await configure({ issuer: 'x', clientId: '', clientSecret: '', redirectUris: ['x'] })
    expect(faultsOf(payload)).toHaveLength(4)
  })

  const metadata = (issuer: string) => ({
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
  })

  it.each<[string, (issuer: string) => RequestListener]>([
    ['a page', () => (_, response) => response.end('<html>')],
    ['nothing there', () => json({}, 404)],
    ['a fault', () => json({}, 500)],
    ['no object', () => json('text')],
    ['its issuer in another case', (issuer) => json({ ...metadata(issuer), issuer: issuer.replace('http', 'HTTP') })],
    ['another issuer', (issuer) => json(metadata(`${issuer}/other`))],
    ['an issuer that is not a URL', (issuer) => json({ ...metadata(issuer), issuer: 'me' })],
    ['no endpoints', (issuer) => json({ issuer })],
    ['no keys', (issuer) => json({ ...metadata(issuer), jwks_uri: undefined })],
    ['more than 64 KiB', (issuer) => json({ ...metadata(issuer), more: 'x'.repeat(64 * 1024) })],
    ['an endpoint of 8 KiB', (issuer) => json({ ...metadata(issuer), jwks_uri: `${issuer}/${'x'.repeat(8 * 1024)}` })],
    ['half a response', () => (_, response) => response.writeHead(200, { 'content-length': '9' }).write('{')],
    [
      'a redirect to a provider',
      () => (_, response) =>
        response.writeHead(302, { location: `${provider.client.issuer}/.well-known/openid-configuration` }).end(),
    ],
    ['silence', () => () => undefined],
  ])('returns an error for an issuer whose response has %s, in one sentence and soon', async (_, respond) => {
    const asked = provider.requests.length
    const before = await databaseDigest(postern)
    const from = Date.now()
    const payload = await configure({ issuer: await serve(respond) })
    expect(Date.now() - from).toBeLessThan(20_000)
    expect(faultsOf(payload)).toEqual(['INVALID input.issuer'])
    const nobody = await configure({ issuer: 'http://127.0.0.1:9' })
    expect(payload.userErrors).toEqual(nobody.userErrors)
    expect(provider.requests.length).toBe(asked)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('stores the issuer as the provider spells it', async () => {
    const issuer = await serve((own) => json({ ...metadata(own), issuer: `${own}/` }))
    expect((await configure({ issuer })).ssoProvider?.issuer).toBe(`${issuer}/`)
    expect((await configure({ issuer: `${issuer}/` })).ssoProvider?.issuer).toBe(`${issuer}/`)
  })

  it.each<[string, (issuer: string) => string, string[]]>([
    ['follows no redirect of a token endpoint', (issuer) => `${issuer}/token`, ['/token']],
    [
      'sends no request without TLS, except to this machine by name',
      (issuer) => `${issuer.replace('127.0.0.1', '[::ffff:127.0.0.1]')}/token`,
      [],
    ],
  ])('%s', async (_, tokenEndpoint, expected) => {
    const requests: string[] = []
    const issuer = await serve((own) => (request, response) => {
      requests.push(request.url ?? '')
      if (request.url === '/token') response.writeHead(307, { location: `${provider.client.issuer}/token` }).end()
      else json({ ...metadata(own), token_endpoint: tokenEndpoint(own) })(request, response)
    })
    expect((await configure({ issuer })).userErrors).toEqual([])
    const asked = provider.requests.length
    const begun = await start(postern, provider)
    const state = new URL(begun.authorizationUrl).searchParams.get('state')
    const callbackUrl = `${provider.redirectUri}?code=a&state=${state}`
    const payload = await complete(postern, { signInToken: begun.signInToken, callbackUrl })
    expect(faultsOf(payload)).toEqual(['SIGN_IN_FAILED input'])
    expect(requests).toEqual(['/.well-known/openid-configuration', ...expected])
    expect(provider.requests.length).toBe(asked)
  })

  it('discovers a provider once for many sign-ins', async () => {
    await configure()
    const discoveries = () => provider.requests.filter((request) => request.includes('.well-known')).length
    const before = discoveries()
    for (const subject of [newPerson(provider), newPerson(provider)])
      expect((await signInThrough(postern, provider, subject)).userErrors).toEqual([])
    expect(discoveries()).toBe(before)
  })
})

describe('removeSso', () => {
  it('removes the provider, and records an event', async () => {
    await configure()
    await start(postern, provider)
    const { removeSso } = await owner().execute(RemoveSsoDocument, { organization: 'acme' })
    expect(removeSso).toEqual({ organization: { name: 'acme', ssoProvider: null }, userErrors: [] })
    expect(await postern.em().count(SsoProvider, {})).toBe(0)
    expect(await postern.em().count(SsoAttempt, {})).toBe(0)
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'organization.sso_remove',
      actorName: 'owner',
      data: { issuer: provider.client.issuer },
    })
    const again = await owner().execute(RemoveSsoDocument, { organization: 'acme' })
    expect(faultsOf(again.removeSso)).toEqual(['NOT_FOUND organization'])
  })

  it('keeps the identities: with the provider configured again, people have the same accounts', async () => {
    await configure()
    const subject = newPerson(provider, { preferred_username: 'remembered' })
    const { sessionToken } = await signInThrough(postern, provider, subject)
    await owner().execute(RemoveSsoDocument, { organization: 'acme' })
    // Sessions continue.
    const { viewer } = await postern.client(sessionToken ?? '').execute(ViewerDocument, {})
    expect(viewer?.user?.username).toBe('remembered')
    await configure()
    expect((await signInThrough(postern, provider, subject)).viewer?.user?.username).toBe('remembered')
  })
})

describe('Organization.ssoProvider', () => {
  it('takes one statement for any number of organizations', async () => {
    const query = '{ viewer { organizations { nodes { name ssoProvider { issuer } } } } }'
    const asking = async () => {
      const sent = await statementsOf(() => owner().send({ query }))
      return sent.filter((text) => text.includes('sso_provider')).length
    }
    expect(await asking()).toBe(1)
  })
})

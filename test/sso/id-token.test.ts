import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigureSsoDocument, StartSsoSignInDocument } from '../../schema/typed-documents.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { complete } from './arrange.ts'

const redirectUri = 'https://frontend.example.com/callback'
let postern: Postern
let server: Server
let issuer: string
type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']
let keys: { readonly own: Key; readonly foreign: Key }
/** The next response of the token endpoint. */
let idToken = ''

beforeAll(async () => {
  const own = await generateKeyPair('ES256')
  keys = { own: own.privateKey, foreign: (await generateKeyPair('ES256')).privateKey }
  const jwk = { ...(await exportJWK(own.publicKey)), alg: 'ES256', use: 'sig' }
  server = createServer((request, response) => {
    const responses: Record<string, object> = {
      '/.well-known/openid-configuration': {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ['ES256'],
      },
      '/jwks': { keys: [jwk] },
      '/token': { access_token: 'opaque', token_type: 'bearer', id_token: idToken },
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(responses[request.url ?? '']))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  postern = await startPostern()
  const owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  const input = { issuer, clientId: 'postern', clientSecret: 'secret', redirectUris: [redirectUri] }
  await owner.execute(ConfigureSsoDocument, { organization: 'acme', input })
})
afterAll(async () => {
  await postern.stop()
  server.close()
  server.closeAllConnections()
})

const signed = (claims: JWTPayload, key = keys.own) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(key)

/** Signs in with an ID token, which `make` derives from valid parts. */
async function signInWith(make: (right: JWTPayload) => Promise<string> | string) {
  const input = { organization: 'acme', redirectUri }
  const { startSsoSignIn: begun } = await postern.client().execute(StartSsoSignInDocument, { input })
  const { searchParams } = new URL(begun.authorizationUrl ?? '')
  const now = Math.floor(Date.now() / 1000)
  const times = { iat: now, exp: now + 60 }
  idToken = await make({ iss: issuer, aud: 'postern', sub: 'ada', nonce: searchParams.get('nonce'), ...times })
  const callbackUrl = `${redirectUri}?code=any&state=${searchParams.get('state')}`
  return complete(postern, { signInToken: begun.signInToken ?? '', callbackUrl })
}

it('a valid ID token signs in', async () => {
  expect((await signInWith((right) => signed(right))).userErrors).toEqual([])
})

it.each<[string, (right: JWTPayload) => Promise<string> | string]>([
  ['signed with another key', (right) => signed(right, keys.foreign)],
  ['not signed', (right) => new UnsecuredJWT(right).encode()],
  ['without its signature', async (right) => (await signed(right)).replace(/[^.]+$/, '')],
  ['of another issuer', (right) => signed({ ...right, iss: 'https://login.example.com' })],
  ['for another client', (right) => signed({ ...right, aud: 'another' })],
  ['for several clients', (right) => signed({ ...right, aud: ['postern', 'another'] })],
  ['that has expired', (right) => signed({ ...right, exp: Math.floor(Date.now() / 1000) - 60 })],
  ['with a subject that no column can store', (right) => signed({ ...right, sub: 'a\u0000b' })],
  ['with a subject that is too long', (right) => signed({ ...right, sub: 'a'.repeat(256) })],
  ['of nobody', ({ sub, ...right }) => signed(right)],
  ['without the nonce', ({ nonce, ...right }) => signed(right)],
  ['with another nonce', (right) => signed({ ...right, nonce: 'another' })],
  ['that is malformed', () => 'x.y.z'],
])('an ID token %s signs nobody in', async (_, make) => {
  const payload = await signInWith(make)
  expect(payload.sessionToken).toBeNull()
  expect(faultsOf(payload)).toEqual(['SIGN_IN_FAILED input'])
})

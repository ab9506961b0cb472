import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RemoveSsoDocument, StartSsoSignInDocument } from '../../schema/typed-documents.ts'
import { Session } from '../../src/domain/model/session.ts'
import { SsoAttempt } from '../../src/domain/model/sso-tables.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { hashSecret } from '../../src/domain/secrets/token-secret.ts'
import type { Client } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { contentsOf, tablesWith } from '../token/contents.ts'
import { complete, configure, newPerson, start } from './arrange.ts'

let postern: Postern
let owner: Client
let provider: OpenidProvider
let subject: string

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  for (const name of ['acme', 'without']) await createOrganization(owner, name)
  await configure(owner, provider)
  subject = newPerson(provider, { preferred_username: 'ada' })
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

async function tryToStart(organization: string, redirectUri = provider.redirectUri) {
  const input = { organization, redirectUri }
  return (await postern.client().execute(StartSsoSignInDocument, { input })).startSsoSignIn
}

/** Expects a completed sign-in to fail and to start no session, and the correct input to fail after that as well. */
async function expectOver(signInToken: string, callbackUrl: string, rightCallbackUrl = callbackUrl): Promise<void> {
  const sessions = await postern.em().count(Session, {})
  for (const url of [callbackUrl, rightCallbackUrl]) {
    const payload = await complete(postern, { signInToken, callbackUrl: url })
    expect(payload).toMatchObject({ sessionToken: null, viewer: null, expiresAt: null })
    expect(faultsOf(payload)).toEqual(['SIGN_IN_FAILED input'])
  }
  expect(await postern.em().count(Session, {})).toBe(sessions)
}

/** The same URL with one parameter changed. */
function withParameter(url: string, name: string, value: string | null): string {
  const changed = new URL(url)
  if (value === null) changed.searchParams.delete(name)
  else changed.searchParams.set(name, value)
  return changed.href
}

describe('startSsoSignIn', () => {
  it('requests a code with state, nonce and a challenge, and stores no secret in plaintext', async () => {
    const before = Date.now()
    const { authorizationUrl, signInToken, expiresAt, userErrors } = await tryToStart('acme')
    expect(userErrors).toEqual([])
    const url = new URL(authorizationUrl ?? '')
    expect(url.origin).toBe(provider.client.issuer)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'postern',
      response_type: 'code',
      redirect_uri: provider.redirectUri,
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    expect(Date.parse(expiresAt ?? '') - before).toBeGreaterThanOrEqual(600_000)
    expect(Date.parse(expiresAt ?? '') - Date.now()).toBeLessThanOrEqual(600_000)
    const contents = await contentsOf(postern.em())
    expect(tablesWith(contents, signInToken ?? '')).toEqual([])
    const { tokenHashKey } = deriveKeys(postern.config.secretKey)
    expect(tablesWith(contents, hashSecret(signInToken ?? '', tokenHashKey))).toEqual(['sso_attempt'])
  })

  it('returns the same for an organization without a provider and a missing one', async () => {
    const responses = new Set<string>()
    for (const organization of ['without', 'missing', 'admin', 'No Name', '']) {
      const payload = await tryToStart(organization)
      expect(faultsOf(payload)).toEqual(['NOT_FOUND input.organization'])
      responses.add(JSON.stringify(payload))
    }
    expect(responses.size).toBe(1)
  })

  it('startSsoSignIn is INVALID for a redirect URL that is not configured', async () => {
    const attempts = await postern.em().count(SsoAttempt, {})
    for (const redirectUri of [
      'https://attacker.example.com/callback',
      `${provider.redirectUri}/elsewhere`,
      `${provider.redirectUri}?a=b`,
      provider.redirectUri.replace('https', 'http'),
      provider.redirectUri.toUpperCase(),
      '',
    ])
      expect(faultsOf(await tryToStart('acme', redirectUri))).toEqual(['INVALID input.redirectUri'])
    expect(await postern.em().count(SsoAttempt, {})).toBe(attempts)
  })

  it('deletes expired sign-ins of this organization', async () => {
    await start(postern, provider)
    await postern.em().nativeUpdate(SsoAttempt, {}, { expiresAt: new Date() })
    await start(postern, provider)
    expect(await postern.em().count(SsoAttempt, {})).toBe(1)
  })
})

describe('completeSsoSignIn', () => {
  it('accepts a sign-in once', async () => {
    const { authorizationUrl, signInToken } = await start(postern, provider)
    const callbackUrl = await provider.signIn(authorizationUrl, subject)
    expect((await complete(postern, { signInToken, callbackUrl })).userErrors).toEqual([])
    await expectOver(signInToken, callbackUrl, await provider.signIn(authorizationUrl, subject))
  })

  it('accepts a sign-in once, however often it is sent at the same time', async () => {
    const { authorizationUrl, signInToken } = await start(postern, provider)
    const callbackUrl = await provider.signIn(authorizationUrl, subject)
    const payloads = await Promise.all(Array.from({ length: 5 }, () => complete(postern, { signInToken, callbackUrl })))
    expect(payloads.filter(({ sessionToken }) => sessionToken !== null)).toHaveLength(1)
  })

  it.each<[string, string, (value: string) => string | null]>([
    ['another state', 'state', () => 'another'],
    ['no state', 'state', () => null],
    ['another code', 'code', () => 'another'],
    ['a code with one character changed', 'code', (code) => `${code.slice(0, -1)}${code.endsWith('a') ? 'b' : 'a'}`],
    ['no code', 'code', () => null],
    ['another issuer', 'iss', () => 'https://login.example.com'],
    ['an error', 'error', () => 'access_denied'],
  ])('rejects %s', async (_, name, change) => {
    const { authorizationUrl, signInToken } = await start(postern, provider)
    const callbackUrl = await provider.signIn(authorizationUrl, subject)
    const changed = withParameter(callbackUrl, name, change(new URL(callbackUrl).searchParams.get(name) ?? ''))
    await expectOver(signInToken, changed, callbackUrl)
  })

  it.each([
    ['a nonce', 'nonce'],
    ['a challenge', 'code_challenge'],
    ['a state', 'state'],
  ])('rejects a callback with %s of another sign-in', async (_, name) => {
    const { authorizationUrl, signInToken } = await start(postern, provider)
    const foreign = withParameter(authorizationUrl, name, 'x'.repeat(43))
    await expectOver(signInToken, await provider.signIn(foreign, subject))
  })

  it('rejects a callback to another browser', async () => {
    const [mine, theirs] = [await start(postern, provider), await start(postern, provider)]
    await expectOver(mine.signInToken, await provider.signIn(theirs.authorizationUrl, subject))
    // Even with the state of the other sign-in, the code still belongs to its own.
    const [again, other] = [await start(postern, provider), await start(postern, provider)]
    const state = new URL(again.authorizationUrl).searchParams.get('state')
    await expectOver(
      again.signInToken,
      withParameter(await provider.signIn(other.authorizationUrl, subject), 'state', state),
    )
  })

  it('rejects a code that was used before', async () => {
    const used = await start(postern, provider)
    const callbackUrl = await provider.signIn(used.authorizationUrl, subject)
    expect((await complete(postern, { signInToken: used.signInToken, callbackUrl })).userErrors).toEqual([])
    const { authorizationUrl, signInToken } = await start(postern, provider)
    const state = new URL(authorizationUrl).searchParams.get('state')
    await expectOver(signInToken, withParameter(callbackUrl, 'state', state))
  })

  it('rejects a callback to another URL', async () => {
    for (const move of ['https://attacker.example.com/callback', `${provider.redirectUri}/elsewhere`]) {
      const { authorizationUrl, signInToken } = await start(postern, provider)
      const callbackUrl = await provider.signIn(authorizationUrl, subject)
      await expectOver(signInToken, callbackUrl.replace(provider.redirectUri, move), callbackUrl)
    }
  })

  it('rejects a sign-in that took longer than ten minutes', async () => {
    const { authorizationUrl, signInToken } = await start(postern, provider)
    const callbackUrl = await provider.signIn(authorizationUrl, subject)
    await postern.em().nativeUpdate(SsoAttempt, {}, { expiresAt: new Date() })
    await expectOver(signInToken, callbackUrl)
  })

  it('rejects an unknown token', async () => {
    for (const signInToken of ['', 'x', 'x'.repeat(43), 'x'.repeat(10_000), '\u0000'])
      await expectOver(signInToken, `${provider.redirectUri}?code=a&state=b`)
  })

  it('completeSsoSignIn is INVALID for a malformed callback URL, and keeps the sign-in', async () => {
    const { authorizationUrl, signInToken } = await start(postern, provider)
    expect(faultsOf(await complete(postern, { signInToken, callbackUrl: '/callback?code=a' }))).toEqual([
      'INVALID input.callbackUrl',
    ])
    const callbackUrl = await provider.signIn(authorizationUrl, subject)
    expect((await complete(postern, { signInToken, callbackUrl })).userErrors).toEqual([])
  })

  it('rejects sign-ins from before the provider was changed or removed', async () => {
    for (const change of [
      () => configure(owner, provider),
      () => owner.execute(RemoveSsoDocument, { organization: 'acme' }),
    ]) {
      const { authorizationUrl, signInToken } = await start(postern, provider)
      const callbackUrl = await provider.signIn(authorizationUrl, subject)
      await change()
      await expectOver(signInToken, callbackUrl)
    }
    await configure(owner, provider)
  })
})

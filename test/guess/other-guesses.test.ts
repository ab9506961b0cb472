import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SignUpDocument } from '../../schema/typed-documents.ts'
import type { Client, WireResponse } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { complete, configure, enforce, newPerson, start } from '../sso/arrange.ts'
import { addMember, tryToGenerate } from '../token/arrange.ts'
import { counted, loginOutcome, repeat } from './attempts.ts'

let postern: Postern
let owner: Client
let acmeId: string
let provider: OpenidProvider

beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  owner = await postern.signInAsAdministrator()
  acmeId = await createOrganization(owner, 'acme')
  await configure(owner, provider)
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

const codeIn = ({ body }: WireResponse) => body.errors?.[0]?.extensions.code ?? null

function startAt(organization: string, network: string): Promise<WireResponse> {
  const query = `mutation ($input: StartSsoSignInInput!) { startSsoSignIn(input: $input) { userErrors { code } } }`
  const variables = { input: { organization, redirectUri: 'http://127.0.0.1/' } }
  return postern.client().send({ query, variables }, { 'x-forwarded-for': network })
}

function completeAt(signInToken: string, network: string): Promise<WireResponse> {
  const query = `mutation ($input: CompleteSsoSignInInput!) { completeSsoSignIn(input: $input) { userErrors { code } } }`
  const variables = { input: { signInToken, callbackUrl: 'http://127.0.0.1/?code=guessed&state=guessed' } }
  return postern.client().send({ query, variables }, { 'x-forwarded-for': network })
}

describe('sign-ins through a provider', () => {
  it('sign-ins through a provider can be started 300 times per hour per network, and completed later', async () => {
    const { authorizationUrl, signInToken } = await start(postern, provider)
    const all = await Promise.all(Array.from({ length: 304 }, () => startAt('absent', '127.0.0.1')))
    expect(all.filter((response) => codeIn(response) === null)).toHaveLength(299)
    const denied = all.filter((response) => codeIn(response) === 'TOO_MANY_REQUESTS')
    expect(denied).toHaveLength(5)
    expect(denied[0]?.headers.get('retry-after')).toMatch(/^3[56]\d\d$/)
    expect(codeIn(await startAt('absent', '198.18.0.1'))).toBeNull()

    const callbackUrl = await provider.signIn(authorizationUrl, newPerson(provider))
    const { sessionToken, userErrors } = await complete(postern, { signInToken, callbackUrl })
    expect({ userErrors, signedIn: sessionToken !== null }).toEqual({ userErrors: [], signedIn: true })
  })

  it('sign-ins through a provider count as failures when they are completed with an unknown token', async () => {
    const guesses = Array.from({ length: 302 }, (_, i) => completeAt(String(i).padEnd(43, 'x'), '198.18.0.2'))
    const codes = (await Promise.all(guesses)).map(codeIn)
    expect(codes.filter((code) => code === 'TOO_MANY_REQUESTS')).toHaveLength(2)
  })
})

describe('the correct password of a person who must use single sign-on', () => {
  it('fails at the token endpoint like a wrong one, so that nobody learns that it is correct', async () => {
    const { username, password } = await postern.signUp('member')
    await addMember(postern.em(), acmeId, username, 'MEMBER')
    await enforce(postern, 'acme')
    const seen = (tried: string, network: string) =>
      repeat(11, () => loginOutcome(postern.url, { username, password: tried }, network))
    const ofRight = await seen(password, '198.18.0.3')
    expect(counted(ofRight)).toEqual({ failed: 10, denied: 1 })
    expect(await seen('a wrong password', '198.18.0.4')).toEqual(ofRight)
    await enforce(postern, 'acme', false)
  })
})

describe('idempotency keys that are used with another input', () => {
  it('are denied after a hundred conflicts, also with the same input', async () => {
    const key = { idempotencyKey: 'deploy 17' }
    await tryToGenerate(owner, { label: 'ci', ...key })
    const scopes = [{ resource: 'REPOSITORY' as const, path: 'acme/*', permissions: ['IMAGE_PUSH' as const] }]
    const conflicts = await repeat(100, (i) => tryToGenerate(owner, { label: `guess ${i}`, scopes, ...key }))
    expect(new Set(conflicts.flatMap(({ userErrors }) => userErrors.map(({ code }) => code)))).toEqual(
      new Set(['IDEMPOTENCY_CONFLICT']),
    )
    await expect(tryToGenerate(owner, { label: 'guess 101', scopes, ...key })).rejects.toThrow('TOO_MANY_REQUESTS')
    await expect(tryToGenerate(owner, { label: 'ci', ...key })).rejects.toThrow('TOO_MANY_REQUESTS')
    const { accessToken } = await tryToGenerate(owner, { label: 'other', idempotencyKey: null })
    expect(accessToken).not.toBeNull()
  })
})

describe('a new password', () => {
  it.each([
    ['begins like an access token', 'pstn_pat_is my favourite', 'does not begin like an access token'],
    ['is common', 'Trustno1!'.slice(0, 8), 'among the most common'],
    ['is too short after composition', 'o\u0308'.repeat(7), '8 to 256 characters'],
  ])('a new password is invalid at sign-up if it %s', async (_, password, why) => {
    const input = { username: 'zoe', email: 'zoe@example.com', password }
    const { signUp } = await postern.client().execute(SignUpDocument, { input })
    expect(signUp.userErrors).toMatchObject([{ code: 'INVALID', path: ['input', 'password'] }])
    expect(signUp.userErrors[0]?.message).toContain(why)
  })

  it('logs in, whatever the composition of its characters', async () => {
    const input = { username: 'amelie', email: 'amelie@example.com', password: 'caf\u00e9 au lait' }
    expect((await postern.client().execute(SignUpDocument, { input })).signUp.userErrors).toEqual([])
    for (const password of ['caf\u00e9 au lait', 'cafe\u0301 au lait', 'cafe\u0301 au\u00a0lait'])
      expect(await loginOutcome(postern.url, { username: 'amelie', password })).toBe('right')
    expect(await loginOutcome(postern.url, { username: 'amelie', password: 'cafe au lait' })).toBe('failed')
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  ChangePasswordDocument,
  RemoveSsoDocument,
  SignInDocument,
  SsoProviderDocument,
  StartSsoSignInDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActions } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import {
  createOrganization,
  createRepository,
  generateToken,
  type Person,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { acme, askForToken, grantsIn, type Login } from '../harness/token-endpoint.ts'
import { addMember, faultsOf } from '../token/arrange.ts'
import { complete, configure, enforce, newPerson, signInThrough, start } from './arrange.ts'
import { personalTokenOf } from './personal-token.ts'

let postern: Postern
let owner: Client
let provider: OpenidProvider
let member: Person
let acmeId: string
let tokens: readonly Login[]

// Ten failures of one name are denied in another way.
beforeEach(() => postern.em().execute('truncate failure_count'))
beforeAll(async () => {
  provider = await startOpenidProvider()
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acmeId = await createOrganization(owner, 'acme')
  const globexId = await createOrganization(owner, 'globex')
  await createRepository(owner, 'acme/api')
  await configure(owner, provider)
  member = await postern.signUp('member')
  for (const id of [acmeId, globexId]) await addMember(postern.em(), id, 'member', 'EDITOR')
  tokens = [acme((await generateToken(owner)).secret), await personalTokenOf(postern, 'member')]
  await enforce(postern, 'acme')
})
afterAll(async () => {
  await postern.stop()
  await provider.stop()
})

async function signIn({ username, password }: Login) {
  return (await postern.client().execute(SignInDocument, { input: { username, password } })).signIn
}

/** The actions that a login is granted on acme/api; null if it is rejected. */
async function granted(login: Login): Promise<readonly string[] | null> {
  const response = await askForToken(postern.url, { login, scopes: ['repository:acme/api:pull'] })
  return response.status === 401 ? null : (grantsIn(response)['acme/api'] ?? [])
}

const passwordOf = ({ username, password }: Person): Login => ({ username, password })

describe('enforced single sign-on', () => {
  it('rejects the correct password of a member like a wrong one, and says what else to do', async () => {
    const before = await databaseDigest(postern)
    const guesses = [
      passwordOf(member),
      { username: 'member', password: 'a guess at it' },
      { username: 'nobody', password: 'a guess at it' },
    ]
    const responses = []
    for (const input of guesses) {
      await postern.em().execute('truncate failure_count')
      const query =
        'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken userErrors { code message } } }'
      const { status, headers, body } = await postern.client().send({ query, variables: { input } })
      const limits = [headers.get('ratelimit-policy'), headers.get('ratelimit')?.replaceAll(/t=\d+/g, 't=')]
      responses.push(JSON.stringify({ status, limits, body }))
    }
    expect(new Set(responses).size, responses.join('\n')).toBe(1)
    const payload = await signIn(passwordOf(member))
    expect(payload).toMatchObject({ sessionToken: null, viewer: null, expiresAt: null })
    expect(faultsOf(payload)).toEqual(['SIGN_IN_FAILED input'])
    expect(payload.userErrors[0]?.message).toContain('startSsoSignIn')
    expect(payload.userErrors[0]?.message).not.toMatch(/acme|globex/)
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('counts the correct password as a failure, so that the number of attempts discloses nothing', async () => {
    const guessed = await postern.signUp('guessed')
    await addMember(postern.em(), acmeId, 'guessed', 'MEMBER')
    const codes = []
    for (let attempt = 0; attempt < 11; attempt++) {
      const input = { username: 'guessed', password: attempt % 2 === 0 ? guessed.password : 'a guess at it' }
      const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }'
      const { body } = await postern.client().send({ query, variables: { input } })
      codes.push(body.errors?.[0]?.extensions.code ?? 'SIGN_IN_FAILED')
    }
    expect(codes).toEqual([...Array(10).fill('SIGN_IN_FAILED'), 'TOO_MANY_REQUESTS'])
  })

  it('shows the person, and nobody who guesses, which password was correct', async () => {
    const reasons = async () => {
      const { body } = await member.client.send({
        query: '{ user(username: "member") { refusedAttempts { reason } } }',
      })
      return JSON.stringify(body.data)
    }
    await expect.poll(reasons, { timeout: 10_000 }).toContain('SSO_REQUIRED')
  })

  it('rejects a docker login with the password, and accepts tokens of both kinds', async () => {
    expect(await granted(passwordOf(member))).toBeNull()
    for (const token of tokens) expect(await granted(token)).toEqual(['pull'])
  })

  it('keeps existing sessions, in which the password can be changed', async () => {
    const input = { currentPassword: member.password, newPassword: 'another long password' }
    const { changePassword } = await member.client.execute(ChangePasswordDocument, { input })
    expect(changePassword.userErrors).toEqual([])
    member = { ...member, password: input.newPassword }
    expect(faultsOf(await signIn(passwordOf(member)))).toEqual(['SIGN_IN_FAILED input'])
  })

  it('signs members in through the provider', async () => {
    const link = passwordOf(member)
    const { sessionToken } = await signInThrough(postern, provider, newPerson(provider), { link })
    const { viewer } = await postern.client(sessionToken ?? '').execute(ViewerDocument, {})
    expect(viewer?.user?.username).toBe('member')
  })

  it('accepts the passwords of administrators of the installation, and of people who are not members', async () => {
    const outsider = await postern.signUp('outsider')
    expect((await signIn(passwordOf(outsider))).userErrors).toEqual([])
    expect(await postern.signInAsAdministrator()).toHaveProperty('token', expect.stringMatching(/^pstn_ses_/))
  })

  it('keeps its provider from being removed', async () => {
    const { removeSso } = await owner.execute(RemoveSsoDocument, { organization: 'acme' })
    expect(faultsOf(removeSso)).toEqual(['INVALID organization'])
    expect(removeSso.userErrors[0]?.message).toContain('ssoEnforced')
    const { organization } = await owner.execute(SsoProviderDocument, { organization: 'acme' })
    expect(organization?.ssoProvider?.issuer).toBe(provider.client.issuer)
    expect(await recordedActions(postern, 'acme')).not.toContain('organization.sso_remove')
  })

  it('accepts passwords again as soon as it is no longer enforced', async () => {
    await enforce(postern, 'acme', false)
    expect((await signIn(passwordOf(member))).userErrors).toEqual([])
    expect(await granted(passwordOf(member))).toEqual(['pull'])
    await enforce(postern, 'acme')
  })
})

// Must be the last test, because the provider stays down.
describe('enforced single sign-on while the provider is down', () => {
  it('keeps tokens of both kinds working and passwords rejected, and sign-ins fail soon with a message', async () => {
    const underWay = await start(postern, provider)
    const callbackUrl = await provider.signIn(underWay.authorizationUrl, newPerson(provider))
    await provider.stop()

    for (const token of tokens) expect(await granted(token)).toEqual(['pull'])
    expect(await granted(passwordOf(member))).toBeNull()
    expect(faultsOf(await signIn(passwordOf(member)))).toEqual(['SIGN_IN_FAILED input'])

    const from = Date.now()
    const payload = await complete(postern, { signInToken: underWay.signInToken, callbackUrl })
    expect(faultsOf(payload)).toEqual(['SIGN_IN_FAILED input'])
    expect(Date.now() - from).toBeLessThan(20_000)
  })

  it('starts sign-ins if it knows the endpoint of the provider', async () => {
    const { authorizationUrl } = await start(postern, provider)
    expect(authorizationUrl).toContain(provider.client.issuer)
  })

  it('starts no sign-in if it needs a request to the provider', async () => {
    // The same provider under another spelling of its URL, which has not been requested yet.
    const issuer = provider.client.issuer.replace('127.0.0.1', 'localhost')
    await postern.em().execute(`update sso_provider set issuer = '${issuer}'`)
    const input = { organization: 'acme', redirectUri: provider.redirectUri }
    const from = Date.now()
    const { startSsoSignIn } = await postern.client().execute(StartSsoSignInDocument, { input })
    expect(startSsoSignIn).toMatchObject({ authorizationUrl: null, signInToken: null, expiresAt: null })
    expect(faultsOf(startSsoSignIn)).toEqual(['SIGN_IN_FAILED input.organization'])
    expect(Date.now() - from).toBeLessThan(20_000)
  })
})
